import { StatusError } from '../../api/errors.ts'
import { type Kind, VERBS } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import { PageNotFound } from './page-not-found.ts'
import type { ResourceInfo } from './request-info.ts'

/** The kind that a path is about. Where there is none, the answer depends on whether there is anything near it. */
export function knownKind(kind: Kind | undefined, info: ResourceInfo, scheme: Scheme): Kind {
  const isMisplaced = kind !== undefined && !isPlaced(kind, info)
  if (kind !== undefined && !isMisplaced && hasSubresource(kind, info)) return kind
  const isBuiltIn = scheme
    .kinds()
    .some(({ group, version, custom }) => group === info.group && version === info.version && custom !== true)
  throw isBuiltIn ? noSuchResource() : new PageNotFound()
}

/** Whether the API has this method on this path. */
export function offered(
  kind: Kind,
  { name, namespace, subresource, isLegacyWatch }: ResourceInfo,
  { verb, method }: { verb: string; method: string },
): boolean {
  if (verb === '' || method === 'HEAD') return false
  if (subresource !== undefined) {
    const verbs: readonly string[] | undefined = kind.subresources?.find((one) => one.name === subresource)?.verbs
    return verbs?.includes(verb) === true
  }
  if (!(kind.verbs ?? VERBS).some((one) => one === verb)) return false
  if (isLegacyWatch) return method === 'GET'
  const isCollection = name === undefined
  if (verb === 'create') return isCollection && (!kind.namespaced || namespace !== undefined)
  if (verb === 'deletecollection') return !kind.namespaced || namespace !== undefined
  return isCollection === (verb === 'list' || verb === 'watch')
}

/** Nothing answers to this method (emicklei/go-restful, in the words of apimachinery's NewGenericServerResponse). */
export function notAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

export function noSuchResource(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** Objects of namespaces are found in namespaces only, and the others never there. */
function isPlaced({ namespaced }: Kind, { namespace, name }: ResourceInfo): boolean {
  return namespaced ? namespace !== undefined || name === undefined : namespace === undefined
}

function hasSubresource({ subresources }: Kind, { subresource, isLegacyWatch }: ResourceInfo): boolean {
  if (subresource === undefined) return true
  return !isLegacyWatch && subresources?.some(({ name }) => name === subresource) === true
}
