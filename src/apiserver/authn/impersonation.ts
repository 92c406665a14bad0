import { badRequest } from '../../api/errors.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Attributes } from '../http/authentication.ts'

export interface Impersonation {
  readonly user: UserInfo
  /** What the real user must be allowed, each with the verb `impersonate`. */
  readonly needed: readonly NonNullable<Attributes['resource']>[]
}

/** Headers with all their values, as they came: `IncomingMessage.headersDistinct`. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>

type Extra = Readonly<Record<string, readonly string[]>>

const EXTRA_PREFIX = 'impersonate-extra-'
const ANONYMOUS = 'system:anonymous'
const AUTHENTICATED = 'system:authenticated'
const UNAUTHENTICATED = 'system:unauthenticated'

/** Who a request wants to be taken for (k8s.io/apiserver pkg/endpoints/filters/impersonation/impersonation.go). */
export function impersonationOf(headers: DistinctHeaders): Impersonation | undefined {
  const username = headers['impersonate-user']?.[0] ?? ''
  const groups = headers['impersonate-group'] ?? []
  const uid = headers['impersonate-uid']?.[0] ?? ''
  const extra = extraOf(headers)
  if (username === '') {
    const asked = [
      ...groups.map((name) => printReference({ kind: 'Group', name })),
      ...Object.entries(extra).flatMap(([fieldPath, values]) =>
        values.map((name) => printReference({ kind: 'UserExtra', name, apiVersion: AUTHENTICATION, fieldPath })),
      ),
      ...(uid === '' ? [] : [printReference({ kind: 'UID', name: uid, apiVersion: AUTHENTICATION })]),
    ]
    if (asked.length === 0) return undefined
    throw badRequest(`requested [${asked.join(' ')}] without impersonating a user`)
  }
  const account = serviceAccountOf(username)
  const impliedGroups =
    account === undefined || groups.length > 0
      ? []
      : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
  const user: UserInfo = {
    username,
    groups: withMarker(username, [...groups, ...impliedGroups]),
    extra,
    ...(uid === '' ? {} : { uid }),
  }
  return { user, needed: neededFor({ username, account, groups, extra, uid }) }
}

function neededFor(wanted: {
  username: string
  account: ServiceAccountName | undefined
  groups: readonly string[]
  extra: Extra
  uid: string
}): Impersonation['needed'] {
  const { username, account, groups, extra, uid } = wanted
  const core = { group: '', version: 'v1' }
  const authentication = { group: 'authentication.k8s.io', version: 'v1' }
  return [
    account === undefined
      ? { ...core, plural: 'users', name: username }
      : { ...core, plural: 'serviceaccounts', ...account },
    ...groups.map((name) => ({ ...core, plural: 'groups', name })),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((name) => ({ ...authentication, plural: 'userextras', subresource, name })),
    ),
    ...(uid === '' ? [] : [{ ...authentication, plural: 'uids', name: uid }]),
  ]
}

/** Everybody is authenticated or not: who does not say which is what the name says. */
function withMarker(username: string, groups: readonly string[]): readonly string[] {
  if (groups.includes(UNAUTHENTICATED)) return groups
  if (username === ANONYMOUS) return [...groups, UNAUTHENTICATED]
  return groups.includes(AUTHENTICATED) ? groups : [...groups, AUTHENTICATED]
}

interface ServiceAccountName {
  readonly namespace: string
  readonly name: string
}

/** A user's name that is a service account's; names that no service account could have are users' (pkg/authentication/serviceaccount). */
function serviceAccountOf(username: string): ServiceAccountName | undefined {
  const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
  const pattern = new RegExp(`^system:serviceaccount:(${label}):(${label}(?:\\.${label})*)$`)
  const [, namespace, name] = pattern.exec(username) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

function extraOf(headers: DistinctHeaders): Extra {
  const extra: Record<string, readonly string[]> = {}
  for (const [name, values = []] of Object.entries(headers)) {
    if (name.startsWith(EXTRA_PREFIX)) extra[unescaped(name.slice(EXTRA_PREFIX.length))] = values
  }
  return extra
}

/** Keys that are no valid escapes are taken as they stand. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    if (error instanceof URIError) return key
    throw error
  }
}

const AUTHENTICATION = 'authentication.k8s.io/v1'

/** An ObjectReference as Go prints one: its fields in their order, most of them empty. */
function printReference(reference: { kind: string; name: string; apiVersion?: string; fieldPath?: string }): string {
  const { kind, name, apiVersion = '', fieldPath = '' } = reference
  const [namespace, uid, resourceVersion] = ['', '', '']
  return `{${[kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath].join(' ')}}`
}
