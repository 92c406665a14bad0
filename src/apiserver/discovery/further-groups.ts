/** An API group that no kind of the scheme belongs to: its resources come and go by themselves. */
export interface FurtherGroup {
  readonly name: string
  /** The preferred one first; all have the same resources. */
  readonly versions: readonly string[]
  /** By name. */
  readonly resources: readonly FurtherResource[]
}

/** An APIResource. */
export interface FurtherResource {
  /** `pods/http_requests`: of something that may be no resource of this group itself. */
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly verbs: readonly string[]
}

/** Asked for at each look at discovery. */
export type FurtherGroups = () => Promise<readonly FurtherGroup[]>

/** The resources in the aggregated form, where each subresource lies below its parent (k8s.io/apiserver pkg/endpoints/installer.go). */
export function nested(resources: readonly FurtherResource[]): readonly object[] {
  const parents = new Map<string, Parent>()
  for (const { name, singularName, namespaced, kind, verbs } of resources) {
    const [plural = '', subresource] = splitOnce(name)
    const scope = namespaced ? 'Namespaced' : 'Cluster'
    const responseKind = { group: '', version: '', kind }
    if (subresource === undefined) {
      parents.set(plural, { resource: plural, responseKind, scope, singularResource: singularName, verbs })
      continue
    }
    const none = { group: '', version: '', kind: '' }
    const parent = parents.get(plural) ?? {
      resource: plural,
      responseKind: none,
      scope,
      singularResource: '',
      verbs: null,
    }
    const subresources = [...(parent.subresources ?? []), { subresource, responseKind, verbs }]
    parents.set(plural, { ...parent, subresources })
  }
  return [...parents.values()]
}

interface Parent {
  readonly resource: string
  readonly responseKind: object
  readonly scope: string
  readonly singularResource: string
  /** `null` where the resource itself is not there, only something below it. */
  readonly verbs: readonly string[] | null
  readonly subresources?: readonly object[]
}

function splitOnce(name: string): readonly string[] {
  const slash = name.indexOf('/')
  return slash < 0 ? [name] : [name.slice(0, slash), name.slice(slash + 1)]
}
