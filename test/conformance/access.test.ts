import { afterAll, describe, expect, test } from 'vitest'
import { type CallOptions, type Reply, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const RBAC = '/apis/rbac.authorization.k8s.io/v1'
const GROUP = 'rbac.authorization.k8s.io'

/** The administrator, taken for somebody else. */
function as(user: string, ...groups: string[]): CallOptions {
  return { headers: { 'impersonate-user': user, ...(groups.length === 0 ? {} : { 'impersonate-group': groups }) } }
}

function told({ status, json }: Reply): readonly unknown[] {
  return [status, json.reason, json.message]
}

async function role(namespace: string, name: string, rules: readonly object[]): Promise<void> {
  await made(api.post(`${RBAC}/namespaces/${namespace}/roles`, { metadata: { name }, rules }))
}

async function bind(namespace: string, roleName: string, subject: object, kind = 'Role'): Promise<void> {
  const roleRef = { apiGroup: GROUP, kind, name: roleName }
  const body = { metadata: { name: roleName }, roleRef, subjects: [subject] }
  await made(api.post(`${RBAC}/namespaces/${namespace}/rolebindings`, body))
}

async function made(reply: Promise<Reply>): Promise<Wire> {
  const { status, text, json } = await reply
  if (status !== 201) throw new Error(text)
  return json
}

describe('who may not', () => {
  test.each([
    [
      'GET',
      '/api/v1/pods',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
    ],
    [
      'GET',
      '/api/v1/namespaces/default/pods',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/namespaces/default/pods?watch=1&fieldSelector=metadata.name%3Dweb',
      'pods "web" is forbidden: User "jane" cannot watch resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/namespaces/default/pods?fieldSelector=metadata.name%3Da%2Fb',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'DELETE',
      '/apis/apps/v1/namespaces/default/deployments',
      'deployments.apps is forbidden: User "jane" cannot deletecollection resource "deployments" in API group "apps" in the namespace "default"',
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/default/deployments/web/scale',
      'deployments.apps "web" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/namespaces/default',
      'namespaces "default" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "default"',
    ],
    [
      'PUT',
      '/api/v1/namespaces/default/finalize',
      'namespaces "default" is forbidden: User "jane" cannot update resource "namespaces/finalize" in API group "" in the namespace "default"',
    ],
    [
      'GET',
      '/api/v1/watch/namespaces/default/pods',
      'pods is forbidden: User "jane" cannot watch resource "pods" in API group "" in the namespace "default"',
    ],
    [
      'POST',
      '/api/v1/nodes/n%3C1%3E/proxy',
      'nodes "n<1>" is forbidden: User "jane" cannot create resource "nodes/proxy" in API group "" at the cluster scope',
    ],
    ['GET', '/metrics', 'forbidden: User "jane" cannot get path "/metrics"'],
    ['POST', '/nowhere', 'forbidden: User "jane" cannot post path "/nowhere"'],
  ])('%s %s', async (method, path, message) => {
    const reply = await api.call(method, path, as('jane', 'dev'))
    expect(told(reply)).toEqual([403, 'Forbidden', message])
    expect(reply.headers['x-content-type-options']).toBe('nosniff')
  })

  test('is told of the roles that there are not', async () => {
    const namespace = await api.namespace('no-roles')
    const path = `/api/v1/namespaces/${namespace}/pods`
    const refused =
      'pods is forbidden: User "ravi" cannot list resource "pods" in API group "" in the namespace "no-roles"'
    await bind(namespace, 'gone', { apiGroup: GROUP, kind: 'User', name: 'ravi' })
    const first = `role.${GROUP} "gone" not found`
    expect((await api.get(path, as('ravi'))).json.message).toBe(`${refused}: RBAC: ${first}`)
    await bind(namespace, 'lost', { apiGroup: GROUP, kind: 'User', name: 'ravi' }, 'ClusterRole')
    const second = `clusterrole.${GROUP} "lost" not found`
    expect((await api.get(path, as('ravi'))).json.message).toBe(`${refused}: RBAC: [${first}, ${second}]`)
    const review = { spec: { user: 'ravi', resourceAttributes: { namespace, verb: 'list', resource: 'pods' } } }
    const { json } = await api.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', review)
    expect(json.status).toEqual({ allowed: false, reason: `RBAC: [${first}, ${second}]` })
    const rules = await api.post(
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { spec: { namespace } },
      as('ravi', 'system:authenticated'),
    )
    expect(rules.json.status.evaluationError).toBe(`[${first}, ${second}]`)
  })
})

describe('roles', () => {
  test('grant to users, groups and service accounts, from the very moment', async () => {
    const namespace = await api.namespace('grants')
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    const token = await tokenOf(namespace, 'cart')
    const clients: Record<string, CallOptions> = { user: as('u'), group: as('v', 'g'), account: { as: { token } } }
    await role(namespace, 'reader', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }])
    await role(namespace, 'reader-u', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }])
    await role(namespace, 'reader-g', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }])
    const statuses = async (): Promise<Record<string, number>> => {
      const entries = Object.entries(clients).map(async ([who, options]) => [
        who,
        (await api.get(path, options)).status,
      ])
      return Object.fromEntries((await Promise.all(entries)) as [string, number][])
    }
    expect(await statuses()).toEqual({ user: 403, group: 403, account: 403 })
    await bind(namespace, 'reader', { kind: 'ServiceAccount', name: 'cart', namespace })
    expect(await statuses()).toEqual({ user: 403, group: 403, account: 200 })
    await bind(namespace, 'reader-u', { apiGroup: GROUP, kind: 'User', name: 'u' })
    await bind(namespace, 'reader-g', { apiGroup: GROUP, kind: 'Group', name: 'g' })
    expect(await statuses()).toEqual({ user: 200, group: 200, account: 200 })
    const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'somebody' }]
    await api.patch(`${RBAC}/namespaces/${namespace}/rolebindings/reader-u`, 'merge', { subjects })
    await api.delete(`${RBAC}/namespaces/${namespace}/rolebindings/reader-g`)
    await api.delete(`${RBAC}/namespaces/${namespace}/roles/reader`)
    expect(await statuses()).toEqual({ user: 403, group: 403, account: 403 })
  })

  test('by resource name reach a list that asks for that name only', async () => {
    const namespace = await api.namespace('by-name')
    const path = `/api/v1/namespaces/${namespace}/configmaps`
    const rule = {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['mine'],
      verbs: ['get', 'list', 'watch'],
    }
    await role(namespace, 'mine', [rule])
    await bind(namespace, 'mine', { apiGroup: GROUP, kind: 'User', name: 'meera' })
    await api.post(path, { metadata: { name: 'mine' } })
    expect((await api.get(`${path}/mine`, as('meera'))).status).toBe(200)
    expect((await api.get(`${path}/other`, as('meera'))).status).toBe(403)
    expect((await api.get(path, as('meera'))).status).toBe(403)
    expect((await api.get(`${path}?fieldSelector=metadata.name=mine`, as('meera'))).json.items).toHaveLength(1)
  })

  test('for namespaces hold inside the namespace of that name', async () => {
    const namespace = await api.namespace('own-namespace')
    await role(namespace, 'own', [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'delete'] }])
    await bind(namespace, 'own', { apiGroup: GROUP, kind: 'User', name: 'owner' })
    expect((await api.get(`/api/v1/namespaces/${namespace}`, as('owner'))).status).toBe(200)
    expect((await api.get('/api/v1/namespaces/default', as('owner'))).status).toBe(403)
  })

  test('that create let who may only update create nothing', async () => {
    const namespace = await api.namespace('create-on-update')
    const verbs = ['get', 'update', 'patch']
    await role(namespace, 'updater', [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs }])
    await bind(namespace, 'updater', { apiGroup: GROUP, kind: 'User', name: 'u' })
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/l`
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' } }
    const message =
      'leases.coordination.k8s.io "l" is forbidden: User "u" cannot create resource "leases" in API group "coordination.k8s.io" in the namespace "create-on-update"'
    expect(told(await api.put(path, body, as('u')))).toEqual([403, 'Forbidden', message])
    expect(told(await api.patch(`${path}?fieldManager=u`, 'apply', body, as('u')))).toEqual([403, 'Forbidden', message])
  })

  test('grant nobody more than their writer holds', async () => {
    const namespace = await api.namespace('escalation')
    const verbs = ['create', 'update', 'get']
    await role(namespace, 'rbac', [
      { apiGroups: [GROUP], resources: ['roles', 'rolebindings'], verbs },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    ])
    await bind(namespace, 'rbac', { apiGroup: GROUP, kind: 'User', name: 'small' })
    const held = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
    const roles = `${RBAC}/namespaces/${namespace}/roles`
    expect((await api.post(roles, { metadata: { name: 'held' }, rules: held }, as('small'))).status).toBe(201)
    const more = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }]
    expect(told(await api.post(roles, { metadata: { name: 'more' }, rules: more }, as('small')))).toEqual([
      403,
      'Forbidden',
      `roles.${GROUP} "more" is forbidden: user "small" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}`,
    ])
    const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' }
    const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'small' }]
    const body = { metadata: { name: 'all' }, roleRef, subjects }
    expect((await api.post(`${RBAC}/namespaces/${namespace}/rolebindings`, body, as('small'))).status).toBe(403)
  })
})

test('reviews answer what a request of the account itself is answered', async () => {
  const namespace = await api.namespace('reviewed')
  const token = await tokenOf(namespace, 'cart')
  await role(namespace, 'lister', [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }])
  await bind(namespace, 'lister', { kind: 'ServiceAccount', name: 'cart' })
  const user = `system:serviceaccount:${namespace}:cart`
  const reviews = '/apis/authorization.k8s.io/v1'
  for (const [resource, status] of [
    ['pods', 200],
    ['secrets', 403],
  ] as const) {
    const path = `/api/v1/namespaces/${namespace}/${resource}`
    expect((await api.get(path, { as: { token } })).status).toBe(status)
    expect((await api.get(path, as(user))).status).toBe(status)
    const spec = { user, resourceAttributes: { namespace, verb: 'list', resource } }
    for (const where of ['', `namespaces/${namespace}/local`]) {
      const { json } = await api.post(`${reviews}/${where}subjectaccessreviews`, { spec })
      expect(json.status.allowed).toBe(status === 200)
    }
  }
})

describe('impersonation', () => {
  test('is refused, with the reason, to who may not', async () => {
    const token = await tokenOf(await api.namespace('no-impersonation'), 'cart')
    const me = 'system:serviceaccount:no-impersonation:cart'
    const refused = async (headers: CallOptions['headers'] = {}): Promise<readonly unknown[]> =>
      told(await api.get('/api/v1/pods', { as: { token }, headers }))
    expect(await refused({ 'impersonate-user': 'jane' })).toEqual([
      403,
      'Forbidden',
      `users "jane" is forbidden: User "${me}" cannot impersonate resource "users" in API group "" at the cluster scope`,
    ])
    expect(await refused({ 'impersonate-user': 'system:serviceaccount:kube-system:x' })).toEqual([
      403,
      'Forbidden',
      `serviceaccounts "x" is forbidden: User "${me}" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "kube-system"`,
    ])
  })

  test('of groups, or extra, without a user means nothing', async () => {
    expect(told(await api.get('/api/v1/pods', { headers: { 'impersonate-group': ['a', 'b'] } }))).toEqual([
      400,
      'BadRequest',
      'requested [{Group  a    } {Group  b    }] without impersonating a user',
    ])
    expect(told(await api.get('/api/v1/pods', { headers: { 'impersonate-extra-scopes': 'a' } }))).toEqual([
      400,
      'BadRequest',
      'requested [{UserExtra  a  authentication.k8s.io/v1  scopes}] without impersonating a user',
    ])
  })
})

async function tokenOf(namespace: string, name: string): Promise<string> {
  await made(api.post(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } }))
  const reply = await made(api.post(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, { spec: {} }))
  return reply.status.token as string
}
