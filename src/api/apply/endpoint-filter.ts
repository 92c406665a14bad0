import { apiVersionOf, type Kind } from '../kind.ts'
import { excluding, type FieldFilter } from './field-filter.ts'
import { fieldElement, type Path } from './path-element.ts'

/**
 * Which fields take part in ownership at an endpoint: those that a write there can change. By version, since a manager
 * may have used another one. After `GetResetFields` of the strategies in k8s.io/kubernetes pkg/registry.
 */
export function endpointFilters(kind: Kind, subresource = ''): ReadonlyMap<string, FieldFilter> {
  const paths = resetPaths(kind, subresource)
  if (paths.length === 0) return new Map()
  const filter = excluding(...paths)
  const versions = [kind, ...(kind.storedAs === undefined ? [] : [kind.storedAs.kind])]
  return new Map(versions.map((version) => [apiVersionOf(version), filter]))
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
