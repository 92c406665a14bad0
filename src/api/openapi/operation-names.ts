interface GroupVersion {
  readonly group: string
  /** Absent where a whole group is meant. */
  readonly version?: string
}

const VERB = /^(connect|create|deleteCollection|delete|get|list|patch|read|replace)/

/** `/apis/apps/v1/`, or `/api/v1/` for the core group. */
export function groupVersionPath({ group, version }: Required<GroupVersion>): string {
  return group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`
}

/** `listNamespacedDeployment` → `listAppsV1NamespacedDeployment`: unique over all groups. */
export function operationId(of: GroupVersion, id: string): string {
  const [verb = ''] = VERB.exec(id) ?? []
  const scope = capital(groupWord(of.group)) + capital(of.version ?? '')
  if (verb === 'deleteCollection') return `delete${scope}Collection${id.slice(verb.length)}`
  return verb + scope + id.slice(verb.length)
}

/** `apps_v1`, or `apps` for a whole group. */
export function tagOf({ group, version }: GroupVersion): string {
  return version === undefined ? groupWord(group) : `${groupWord(group)}_${version}`
}

/** `networking.istio.io` → `networkingIstioIo`; what `.k8s.io` adds is left out. */
function groupWord(group: string): string {
  const plain = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')
  return plain.replace(/[^A-Za-z0-9_]+(.)/g, (_all, letter: string) => letter.toUpperCase())
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
