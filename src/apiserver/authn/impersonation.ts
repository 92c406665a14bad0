import type { IncomingHttpHeaders } from 'node:http'
import { badRequest } from '../../api/errors.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Attributes } from '../http/authentication.ts'

export interface Impersonation {
  readonly user: UserInfo
  /** What the real user must be allowed, each with the verb `impersonate`. */
  readonly needed: readonly NonNullable<Attributes['resource']>[]
}

const EXTRA_PREFIX = 'impersonate-extra-'

/** Who a request wants to be taken for (k8s.io/apiserver pkg/endpoints/filters/impersonation.go). */
export function impersonationOf(headers: IncomingHttpHeaders): Impersonation | undefined {
  const username = textOf(headers['impersonate-user'])
  const groups = listOf(headers['impersonate-group'])
  const uid = textOf(headers['impersonate-uid'])
  const extra = extraOf(headers)
  if (username === undefined) {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return undefined
    throw badRequest(`requested [{Group  ${groups.join(' ')}}] without impersonating a user name`)
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username)
  const needed: NonNullable<Attributes['resource']>[] = [
    account === null
      ? { group: '', version: 'v1', plural: 'users', name: username }
      : { group: '', version: 'v1', plural: 'serviceaccounts', namespace: account[1], name: account[2] },
    ...groups.map((name) => ({ group: '', version: 'v1', plural: 'groups', name })),
    ...(uid === undefined ? [] : [{ group: 'authentication.k8s.io', version: 'v1', plural: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((name) => ({
        group: 'authentication.k8s.io',
        version: 'v1',
        plural: 'userextras',
        subresource: key,
        name,
      })),
    ),
  ]
  const implied =
    account === null || groups.length > 0 ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`]
  const marker = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'
  const all = [...new Set([...groups, ...implied, marker])]
  const user: UserInfo = { username, groups: all, extra, ...(uid === undefined ? {} : { uid }) }
  return { user, needed }
}

function extraOf(headers: IncomingHttpHeaders): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(EXTRA_PREFIX)) extra[decodeURIComponent(name.slice(EXTRA_PREFIX.length))] = listOf(value)
  }
  return extra
}

function textOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value
  return text === '' ? undefined : text
}

/** Node joins a repeated header with commas; names of groups hold none. */
function listOf(value: string | string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return [value]
    .flat()
    .flatMap((one) => one.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
