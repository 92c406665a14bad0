import { apiVersionOf, type Kind } from '../kind.ts'
import { excluding, type FieldFilter } from './field-filter.ts'
import { fieldElement, type Path } from './path-element.ts'

/**
 * Which fields take part in ownership at an endpoint: those that a write there can change. By version of the one
 * resource, since a manager may have used another one. After `GetResetFields` of the strategies in k8s.io/kubernetes
 * pkg/registry.
 */
export function endpointFilters(versions: readonly Kind[], subresource = ''): ReadonlyMap<string, FieldFilter> {
  const filters = new Map<string, FieldFilter>()
  for (const version of versions) {
    const paths = resetPaths(version, subresource)
    if (paths.length > 0) filters.set(apiVersionOf(version), excluding(...paths))
  }
  return filters
}

const SPEC = path('spec')
const STATUS = path('status')
const METADATA = path('metadata')

function resetPaths(kind: Kind, subresource: string): readonly Path[] {
  if (subresource === 'status') {
    const { statusKeeps = [] } = kind
    return [SPEC, ...(statusKeeps === 'metadata' ? [METADATA] : statusKeeps.map((name) => path('metadata', name)))]
  }
  const hasStatus = kind.subresources?.some(({ name }) => name === 'status') ?? false
  return hasStatus ? [STATUS] : []
}

function path(...names: string[]): Path {
  return names.map(fieldElement)
}
