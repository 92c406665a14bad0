import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { Binding } from '../../api/types.generated.ts'
import { testCluster } from '../../../test/support/cluster.ts'
import { bindNamedPod, bindPod } from './binding.ts'

const KEY = { namespace: 'default', name: 'web' }

function binding(change: Partial<Binding> = {}): Binding {
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'web', namespace: 'default' },
    target: { kind: 'Node', name: 'n1' },
    ...change,
  }
}

function pod(spec: object = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'app', image: 'nginx' }], ...spec },
  } as ApiObject
}

async function clusterWith(object: ApiObject) {
  const cluster = await testCluster({ subresources: { 'pods/binding': bindPod } })
  await cluster.client.create(object)
  const bind = (body: Binding) => cluster.client.createSubresource(Pod, KEY, 'binding', body)
  return { cluster, bind }
}

describe('POST pods/binding', () => {
  test('gives the pod its node, the condition and the annotations', async () => {
    const { cluster, bind } = await clusterWith(pod())
    await using _ = cluster
    const metadata = { name: 'web', namespace: 'default', annotations: { chosen: 'by-hand' } }
    expect(await bind(binding({ metadata }))).toMatchObject({ kind: 'Status', status: 'Success', code: 201 })
    const bound = await cluster.client.get(Pod, KEY)
    expect(bound?.spec.nodeName).toBe('n1')
    expect(bound?.metadata.annotations).toEqual({ chosen: 'by-hand' })
    expect(bound?.status?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ])
  })

  test('assigns a pod only once', async () => {
    const { cluster, bind } = await clusterWith(pod())
    await using _ = cluster
    await bind(binding())
    await expect(bind(binding({ target: { kind: 'Node', name: 'n2' } }))).rejects.toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"',
    })
  })

  test('does not assign a pod behind a scheduling gate', async () => {
    const { cluster, bind } = await clusterWith(pod({ schedulingGates: [{ name: 'hold' }] }))
    await using _ = cluster
    await expect(bind(binding())).rejects.toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "web": pod web has non-empty .spec.schedulingGates',
    })
  })

  test('refuses another pod of the same name', async () => {
    const { cluster, bind } = await clusterWith(pod())
    await using _ = cluster
    const metadata = { name: 'web', namespace: 'default', uid: 'other' }
    await expect(bind(binding({ metadata }))).rejects.toMatchObject({
      code: 409,
      message: expect.stringContaining('Precondition failed: UID in precondition: other, UID in object meta:'),
    })
  })

  test.each([
    [{ target: { kind: 'Machine', name: 'n1' } }, 'target.kind: Unsupported value: "Machine"'],
    [{ target: { kind: 'Node' } }, 'target.name: Required value'],
  ])('refuses %j', async (change, message) => {
    const { cluster, bind } = await clusterWith(pod())
    await using _ = cluster
    await expect(bind(binding(change))).rejects.toMatchObject({ message: expect.stringContaining(message) })
  })

  test('is 404 without the pod, and changes nothing in a dry run', async () => {
    const { cluster, bind } = await clusterWith(pod())
    await using _ = cluster
    const request = {
      verb: 'create',
      kind: Pod,
      ...KEY,
      subresource: 'binding',
      body: binding(),
      options: { dryRun: true },
      user: { username: 'test' },
    } as const
    await cluster.server.send(request as never)
    expect((await cluster.client.get(Pod, KEY))?.spec.nodeName).toBeUndefined()
    await cluster.client.delete(Pod, KEY, { gracePeriodSeconds: 0 })
    await expect(bind(binding())).rejects.toMatchObject({ code: 404, message: 'pods "web" not found' })
  })

  test('POST bindings names the pod in its body', async () => {
    await using cluster = await testCluster({ subresources: { bindings: bindNamedPod } })
    await cluster.client.create(pod())
    await cluster.client.create(binding())
    expect((await cluster.client.get(Pod, KEY))?.spec.nodeName).toBe('n1')
  })
})
