import type { Cause } from '../../errors.ts'
import { forbiddenField } from '../../errors.ts'
import type { Container, PodSpec } from '../../types.generated.ts'
import { validateImageSpaces } from './validate-containers.ts'
import { validatePodSpec, validateSpecNames } from './validate-pod-spec.ts'

/**
 * The rules for the spec of a pod (not of a template). A spec that was found valid is not looked at again, and one that
 * differs from such a spec only in the names that each pod has for itself is looked at only there: ten thousand pods of
 * one template are validated once.
 */
export function* validateSpecOfPod(spec: PodSpec, podName: string | undefined): Generator<Cause> {
  if (validSpecs.has(spec)) return
  const sibling = siblings.get(spec.containers)
  const isKnown = sibling !== undefined && differsOnlyInNames(spec, sibling)
  let valid = true
  for (const cause of isKnown ? validateSpecNames(spec, 'spec') : validateWhole(spec, podName)) {
    valid = false
    yield cause
  }
  // The claims of ephemeral volumes are named after the pod: such a verdict is for this pod alone.
  if (!valid || spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) === true) return
  validSpecs.add(spec)
  siblings.set(spec.containers, spec)
}

const validSpecs = new WeakSet<PodSpec>()
/** The last valid spec with these containers. */
const siblings = new WeakMap<readonly Container[], PodSpec>()

const NAMES: ReadonlySet<string> = new Set(['hostname', 'nodeName', 'subdomain'])

function differsOnlyInNames(spec: PodSpec, sibling: PodSpec): boolean {
  for (const name in spec) {
    if (spec[name as keyof PodSpec] !== sibling[name as keyof PodSpec] && !NAMES.has(name)) return false
  }
  for (const name in sibling) if (!(name in spec) && !NAMES.has(name)) return false
  return true
}

function* validateWhole(spec: PodSpec, podName: string | undefined): Generator<Cause> {
  yield* validatePodSpec(spec, { field: 'spec', isPod: true, podName })
  if ((spec.serviceAccountName ?? '') === '') {
    for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
      for (const [at, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
        if (serviceAccountToken === undefined) continue
        const place = `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`
        yield forbiddenField(place, 'must not be specified when serviceAccountName is not set')
      }
    }
  }
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      yield* validateImageSpaces(container, `spec.${list}[${index}]`)
    }
  }
}
