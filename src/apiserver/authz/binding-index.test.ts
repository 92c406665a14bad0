import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Subject } from '../../api/types.generated.ts'
import { MemoryEngine } from '../../store/engines/memory.ts'
import { Store } from '../../store/store.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { type Binding, BindingIndex } from './binding-index.ts'

const PATH = 'rbac.authorization.k8s.io/rolebindings'
const CLUSTER_PATH = 'rbac.authorization.k8s.io/clusterrolebindings'

const user = (name: string): Subject => ({ kind: 'User', name })
const group = (name: string): Subject => ({ kind: 'Group', name })
const account = (name: string, namespace?: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  ...(namespace === undefined ? {} : { namespace }),
})

function binding(name: string, namespace: string | undefined, subjects: readonly Subject[]): ApiObject {
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) }
  return { kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding', metadata, subjects } as Binding
}

function newStore(): Store {
  return new Store({ engine: new MemoryEngine(), clock: rehearsedWorld().clock })
}

function namesOf(index: BindingIndex, who: UserInfo, namespace?: string): readonly string[] {
  return index.bindingsOf(who, namespace).map(({ binding: { metadata } }) => metadata.name)
}

describe('the bindings of a user', () => {
  test.each<{ subject: Subject; who: UserInfo; applies: boolean }>([
    { subject: user('jane'), who: { username: 'jane' }, applies: true },
    { subject: user('jane'), who: { username: 'june', groups: ['jane'] }, applies: false },
    { subject: group('dev'), who: { username: 'jane', groups: ['ops', 'dev'] }, applies: true },
    { subject: group('dev'), who: { username: 'dev' }, applies: false },
    { subject: account('cart'), who: { username: 'system:serviceaccount:shop:cart' }, applies: true },
    { subject: account('cart', ''), who: { username: 'system:serviceaccount:shop:cart' }, applies: true },
    { subject: account('cart', 'bank'), who: { username: 'system:serviceaccount:shop:cart' }, applies: false },
    { subject: account('cart', 'bank'), who: { username: 'system:serviceaccount:bank:cart' }, applies: true },
  ])(
    '$subject.kind $subject.name of $subject.namespace for $who.username: $applies',
    async ({ subject, who, applies }) => {
      const store = newStore()
      await store.create(PATH, binding('it', 'shop', [user('somebody'), subject]))
      const found = new BindingIndex(store).bindingsOf(who, 'shop')
      expect(found.map((one) => one.subject)).toEqual(applies ? [subject] : [])
    },
  )

  test('a cluster role binding names no service account without its namespace', async () => {
    const store = newStore()
    await store.create(CLUSTER_PATH, binding('it', undefined, [account('cart')]))
    expect(namesOf(new BindingIndex(store), { username: 'system:serviceaccount::cart' })).toEqual([])
  })

  test('come in the order of their names, each once', async () => {
    const store = newStore()
    await store.create(PATH, binding('b', 'shop', [group('dev'), user('jane')]))
    await store.create(PATH, binding('a', 'shop', [group('ops')]))
    await store.create(PATH, binding('c', 'bank', [user('jane')]))
    expect(namesOf(new BindingIndex(store), { username: 'jane', groups: ['ops', 'dev'] }, 'shop')).toEqual(['a', 'b'])
  })
})

test('after any writes, the index knows what reading everything would find', async () => {
  const names = fc.constantFrom('a', 'b', 'c')
  const namespaces = fc.constantFrom(undefined, 'shop', 'bank')
  const subjects = fc.array(
    fc.oneof(
      names.map(user),
      names.map(group),
      fc.tuple(names, namespaces).map(([name, namespace]) => account(name, namespace)),
    ),
    { maxLength: 3 },
  )
  const write = fc.record({ name: names, namespace: namespaces, subjects, isDeletion: fc.boolean() })
  const who: readonly UserInfo[] = [
    { username: 'a', groups: ['b', 'c'] },
    { username: 'c' },
    { username: 'system:serviceaccount:shop:a', groups: ['a'] },
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 12 }), async (writes) => {
      const store = newStore()
      const index = new BindingIndex(store)
      namesOf(index, { username: 'a' })
      for (const { name, namespace, subjects: bound, isDeletion } of writes) {
        const path = namespace === undefined ? CLUSTER_PATH : PATH
        const isThere = store.get(path, { name, namespace }) !== undefined
        if (isDeletion && isThere) await store.delete(path, { name, namespace })
        else if (isThere) await store.update(path, binding(name, namespace, bound))
        else await store.create(path, binding(name, namespace, bound))
      }
      for (const one of who) {
        for (const namespace of [undefined, 'shop', 'bank']) {
          const afresh = namesOf(new BindingIndex(store), one, namespace)
          expect(namesOf(index, one, namespace)).toEqual(afresh)
        }
      }
    }),
  )
})
