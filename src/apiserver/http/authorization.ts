import { forbidden, StatusError } from '../../api/errors.ts'
import { goQuote } from '../../base/go-quote.ts'
import type { Attributes, Authorizer } from './authentication.ts'

/** Throws 403 unless the authorizer allows it. */
export function authorize(authorizer: Authorizer, attributes: Attributes): void {
  const { allowed, reason } = authorizer.authorize(attributes)
  if (!allowed) throw refusal(attributes, reason)
}

/** k8s.io/apiserver pkg/endpoints/handlers/responsewriters/errors.go */
function refusal({ user, verb, resource, path }: Attributes, reason: string): StatusError {
  const who = `User ${quoted(user.username)} cannot`
  const because = reason === '' ? '' : `: ${reason}`
  if (resource === undefined) {
    return new StatusError(403, 'Forbidden', `forbidden: ${who} ${verb} path ${quoted(path)}${because}`, {})
  }
  const { group, plural, subresource, namespace = '', name } = resource
  const what = quoted(subresource === undefined ? plural : `${plural}/${subresource}`)
  const where = namespace === '' ? ' at the cluster scope' : ` in the namespace ${quoted(namespace)}`
  const why = `${who} ${verb} resource ${what} in API group ${quoted(group)}${where}${because}`
  return forbidden({ group, resource: plural }, name ?? '', why)
}

/** Quoted, and without anything that a browser could take for HTML. */
function quoted(text: string): string {
  const safe = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return goQuote(safe)
}
