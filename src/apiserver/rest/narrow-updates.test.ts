import { afterEach, beforeEach, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { PodSpec } from '../../api/types.generated.ts'
import { finalizeNamespace } from '../subresources/finalize.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster({ subresources: { 'namespaces/finalize': finalizeNamespace } })
})

afterEach(async () => {
  await cluster[Symbol.asyncDispose]()
})

const WEB = { kind: Pod, namespace: 'default', name: 'web' } as const
const SMALL = { requests: { cpu: '100m' }, limits: { cpu: '200m' } }
const LARGE = { requests: { cpu: '200m' }, limits: { cpu: '400m' } }

test('resources are changed through resize, and nothing but resources', async () => {
  await createPod({ containers: [{ name: 'web', image: 'web:1', resources: SMALL }] })
  const patch = (subresource?: string): Promise<Pod> =>
    send(subresource, {
      metadata: { labels: { a: 'b' } },
      spec: { containers: [{ name: 'web', resources: LARGE }] },
    })
  await expect(patch()).rejects.toThrow('pod updates may not change fields other than')
  const resized = await patch('resize')
  expect(resized.spec.containers[0]?.resources).toEqual(LARGE)
  expect(resized.metadata).toMatchObject({ generation: 2 })
  expect(resized.metadata.labels).toBeUndefined()
  const all = { cpu: '1', memory: '1Gi' }
  await expect(
    send('resize', { spec: { containers: [{ name: 'web', resources: { limits: all, requests: all } }] } }),
  ).rejects.toThrow('Pod QOS Class may not change as a result of resizing')
})

test('containers to look into a pod are added through ephemeralcontainers, and stay', async () => {
  await createPod({ containers: [{ name: 'web', image: 'web:1' }] })
  const debugger_ = { name: 'debugger', image: 'busybox' }
  const patch = { spec: { ephemeralContainers: [debugger_] } }
  await expect(send(undefined, patch)).rejects.toThrow('pod updates may not change fields other than')
  const { spec } = await send('ephemeralcontainers', patch)
  expect(spec.ephemeralContainers).toEqual([
    {
      ...debugger_,
      imagePullPolicy: 'Always',
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    },
  ])
  await expect(
    send('ephemeralcontainers', { spec: { ephemeralContainers: [{ name: 'debugger', image: 'alpine' }] } }),
  ).rejects.toThrow('existing ephemeral containers "debugger" may not be changed')
})

test('finalizers of a namespace are taken off through finalize', async () => {
  const namespace = await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team' },
  } as Namespace)
  expect(namespace.spec.finalizers).toEqual(['kubernetes'])
  const released = { ...namespace, spec: { finalizers: [] } } as Namespace
  expect((await cluster.client.update(released)).spec.finalizers).toEqual(['kubernetes'])
  const request = { verb: 'update', kind: Namespace, name: 'team', subresource: 'finalize' } as const
  const put = async (finalizers: readonly string[]): Promise<Namespace> =>
    (await cluster.server.send({
      ...request,
      user: { username: 'admin', groups: [] },
      options: {},
      body: { ...namespace, spec: { finalizers }, metadata: { name: 'team' } },
    })) as Namespace
  await expect(put(['mine'])).rejects.toThrow('spec.finalizers[0]')
  expect((await put([])).spec.finalizers).toEqual([])
})

async function createPod(spec: PodSpec): Promise<void> {
  await cluster.client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec,
  } as Pod)
}

async function send(subresource: string | undefined, body: unknown): Promise<Pod> {
  return (await cluster.server.send({
    verb: 'patch',
    ...WEB,
    ...(subresource === undefined ? {} : { subresource }),
    user: { username: 'admin', groups: [] },
    options: {},
    patchType: 'application/strategic-merge-patch+json',
    body,
  })) as Pod
}
