/** What a path of the API is about (k8s.io/apiserver pkg/endpoints/request/requestinfo.go). */
export type RequestInfo = ResourceInfo | { readonly isResource: false; readonly path: string }

export interface ResourceInfo {
  readonly isResource: true
  readonly path: string
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** What follows the subresource: the path of a proxied call. */
  readonly rest: string
  /** The legacy form /api/v1/watch/… */
  readonly isLegacyWatch: boolean
}

/** Subresources of namespaces themselves; anything else after a namespace's name is a resource inside it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

/** `/apis/apps/v1/namespaces/bazaar/deployments/web/scale` taken apart. Segments are percent-decoded. */
export function parsePath(path: string): RequestInfo {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const isCore = parts[0] === 'api'
  const isNamed = parts[0] === 'apis'
  const rest = parts.slice(isCore ? 2 : 3)
  const isLegacyWatch = rest[0] === 'watch'
  if (isLegacyWatch) rest.shift()
  if ((!isCore && !isNamed) || rest.length === 0) return { isResource: false, path }
  const group = isCore ? '' : (parts[1] ?? '')
  const version = (isCore ? parts[1] : parts[2]) ?? ''
  let namespace: string | undefined
  if (rest[0] === 'namespaces' && rest[1] !== undefined) {
    const inside = rest[2]
    if (inside !== undefined && !NAMESPACE_SUBRESOURCES.has(inside)) namespace = rest.splice(0, 2)[1]
  }
  const [plural = '', name, subresource, ...more] = rest
  return {
    isResource: true,
    path,
    group,
    version,
    plural,
    namespace,
    name,
    subresource,
    rest: more.join('/'),
    isLegacyWatch,
  }
}

/** For questions of who may: a namespace lies in itself. */
export function namespaceOf({ group, plural, namespace, name }: ResourceInfo): string | undefined {
  return namespace ?? (group === '' && plural === 'namespaces' ? name : undefined)
}
