import type { Cause } from '../../errors.ts'
import { forbiddenField } from '../../errors.ts'
import type { Pod } from '../../types.generated.ts'
import { MIRROR_POD_ANNOTATION } from '../pod-spec/validate-pod-annotations.ts'
import { oldMetadata } from '../strategy/old-metadata.ts'
import { printDifference } from '../validation/immutability.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validatePod } from './validate-pod.ts'

/** `/ephemeralcontainers` changes these containers, whatever else was sent: dropNonEphemeralContainerUpdates. */
export function prepareEphemeralContainers({ metadata, spec }: Pod, old: Pod): Pod {
  const { ephemeralContainers: _old, ...rest } = old.spec
  const { ephemeralContainers } = spec
  return {
    ...old,
    metadata: oldMetadata(metadata, old.metadata),
    spec: ephemeralContainers === undefined ? rest : { ...rest, ephemeralContainers },
  }
}

/** pkg/apis/core/validation/validation.go ValidatePodEphemeralContainersUpdate: they are only ever added. */
export function* validateEphemeralContainersUpdate(pod: Pod, old: Pod): Generator<Cause> {
  if (old.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined) {
    yield forbiddenField('[]', 'static pods do not support ephemeral containers')
    return
  }
  yield* validatePod(pod)
  const field = 'spec.ephemeralContainers'
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = pod.spec.ephemeralContainers?.find(({ name }) => name === before.name)
    if (after === undefined) {
      yield forbiddenField(field, `existing ephemeral containers "${before.name}" may not be removed\n`)
    } else if (!semanticEqual(after, before)) {
      const difference = printDifference(before, after)
      yield forbiddenField(field, `existing ephemeral containers "${before.name}" may not be changed\n${difference}`)
    }
  }
}
