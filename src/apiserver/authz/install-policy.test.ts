import { expect, test } from 'vitest'
import type { ClusterRole } from '../../api/types.generated.ts'
import { MemoryEngine } from '../../store/engines/memory.ts'
import { Store } from '../../store/store.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { bootstrapPolicy } from './bootstrap-policy.ts'
import { installBootstrapPolicy } from './install-policy.ts'
import { RbacAuthorizer } from './rbac.ts'

const ROLES = 'rbac.authorization.k8s.io/clusterroles'

test('a restart completes the roles that follow the defaults, and leaves the others alone', async () => {
  const { clock, random } = rehearsedWorld()
  const store = new Store({ engine: new MemoryEngine(), clock })
  await installBootstrapPolicy({ store, clock, random })
  expect(store.count(ROLES)).toBe(bootstrapPolicy().filter(({ kind }) => kind === 'ClusterRole').length)
  const revision = store.revision
  await installBootstrapPolicy({ store, clock, random })
  expect(store.revision).toBe(revision)
  const role = (name: string): ClusterRole => store.get(ROLES, { name }) as ClusterRole
  const view = role('system:aggregate-to-view')
  await store.update(ROLES, { ...view, rules: [{ apiGroups: ['x'], resources: ['y'], verbs: ['get'] }] } as ClusterRole)
  const discovery = role('system:discovery')
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  await store.update(ROLES, {
    ...discovery,
    metadata: { ...discovery.metadata, annotations },
    rules: [],
  } as ClusterRole)
  await installBootstrapPolicy({ store, clock, random })
  expect(role('system:aggregate-to-view').rules?.length).toBeGreaterThan(view.rules?.length ?? 0)
  expect(role('system:discovery').rules).toEqual([])
})

test.each([
  { user: 'system:kube-scheduler', verb: 'create', plural: 'pods', subresource: 'binding', allowed: true },
  { user: 'system:kube-scheduler', verb: 'create', plural: 'secrets', subresource: undefined, allowed: false },
  {
    user: 'system:serviceaccount:kube-system:job-controller',
    verb: 'create',
    plural: 'pods',
    subresource: undefined,
    allowed: true,
  },
])('$user may $verb $plural: $allowed', async ({ user, verb, plural, subresource, allowed }) => {
  const { clock, random } = rehearsedWorld()
  const store = new Store({ engine: new MemoryEngine(), clock })
  await installBootstrapPolicy({ store, clock, random })
  const resource = { group: '', version: 'v1', plural, subresource, namespace: 'shop' }
  const verdict = new RbacAuthorizer(store).authorize({ user: { username: user }, verb, path: '', resource })
  expect(verdict.allowed).toBe(allowed)
})
