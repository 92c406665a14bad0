import type { Container, LimitRange, PodSpec } from '../../../api/types.generated.ts'

type ResourceList = Readonly<Record<string, string>>

/** A pod's spec with a LimitRange's defaults, and what they were as the annotation words it; empty for none. */
export interface Defaulted {
  readonly spec: PodSpec
  readonly notes: readonly string[]
}

/** Gives containers the requests and limits that they leave out (plugin/pkg/admission/limitranger PodMutateLimitFunc). */
export function withDefaults(spec: PodSpec, range: LimitRange): Defaulted {
  const items = range.spec.limits.filter(({ type }) => type === 'Container')
  const requests = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest)) as ResourceList
  const limits = Object.assign({}, ...items.map((item) => item.default)) as ResourceList
  const notes: string[] = []
  const complete =
    (what: string) =>
    (container: Container): Container => {
      const { resources = {} } = container
      const addedRequests = missing(requests, resources.requests)
      const addedLimits = missing(limits, resources.limits)
      if (addedRequests.length > 0) notes.push(`${addedRequests.join(', ')} request for ${what} ${container.name}`)
      if (addedLimits.length > 0) notes.push(`${addedLimits.join(', ')} limit for ${what} ${container.name}`)
      if (addedRequests.length === 0 && addedLimits.length === 0) return container
      const completed = {
        ...resources,
        ...(addedRequests.length === 0 ? {} : { requests: { ...requests, ...resources.requests } }),
        ...(addedLimits.length === 0 ? {} : { limits: { ...limits, ...resources.limits } }),
      }
      return { ...container, resources: completed }
    }
  const containers = spec.containers.map(complete('container'))
  const initContainers = spec.initContainers?.map(complete('init container'))
  if (notes.length === 0) return { spec, notes }
  return { spec: { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) }, notes }
}

function missing(defaults: ResourceList, present: ResourceList = {}): readonly string[] {
  return Object.keys(defaults)
    .filter((name) => present[name] === undefined)
    .toSorted()
}
