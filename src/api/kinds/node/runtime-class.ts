import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { duplicate } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateLabels } from '../../names/labels.ts'
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { RuntimeClass as RuntimeClassObject, Scheduling, Toleration } from '../../types.generated.ts'
import { deprecationOfNodeLabel } from '../pod-spec/node-label-warnings.ts'
import { goForm } from '../strategy/go-form.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { validateResourceRequirements } from '../validation/resource-requirements.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validateTolerations } from '../validation/taints.ts'
import { unchecked } from '../validation/unchecked.ts'

export type RuntimeClass = RuntimeClassObject

export const RuntimeClass: Kind<RuntimeClass> = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.node.v1.RuntimeClass'),

  default: defaultClass,
  validate,
  *warnings({ scheduling }) {
    for (const name of Object.keys(scheduling?.nodeSelector ?? {})) {
      const deprecation = deprecationOfNodeLabel(name)
      if (deprecation !== undefined) yield `scheduling.nodeSelector: ${deprecation}`
    }
  },
  columns: [
    nameColumn(),
    {
      name: 'Handler',
      type: 'string',
      description: 'What runs the pods of this class.',
      cell: ({ handler }) => handler,
    },
    ageColumn(),
  ],
}

function defaultClass(runtimeClass: RuntimeClass): RuntimeClass {
  const { overhead } = runtimeClass
  return changed(runtimeClass, {
    overhead: overhead && changed(overhead, { podFixed: overhead.podFixed && canonicalResources(overhead.podFixed) }),
  })
}

/** pkg/apis/node/validation/validation.go ValidateRuntimeClass and ValidateRuntimeClassUpdate. */
function* validate(runtimeClass: RuntimeClass, old?: RuntimeClass): Generator<Cause> {
  const { metadata, overhead, scheduling } = runtimeClass
  const handler = unchecked(runtimeClass).handler ?? ''
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateImmutable(handler, old.handler, 'handler')
    return
  }
  yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  yield* invalidFor('handler', handler, nameIsDnsLabel(handler))
  if (overhead !== undefined) {
    yield* validateResourceRequirements({ limits: overhead.podFixed ?? {} }, 'overhead.podFixed')
  }
  if (scheduling !== undefined) yield* validateScheduling(scheduling, 'scheduling')
}

function* validateScheduling({ nodeSelector, tolerations = [] }: Scheduling, field: string): Generator<Cause> {
  yield* validateLabels(nodeSelector, `${field}.nodeSelector`)
  yield* validateTolerations(tolerations, `${field}.tolerations`)
  for (const [index, toleration] of tolerations.entries()) {
    const isRepeated = tolerations.slice(0, index).some((before: Toleration) => semanticEqual(before, toleration))
    if (isRepeated) yield duplicate(`${field}.tolerations[${index}]`, goForm(toleration))
  }
}
