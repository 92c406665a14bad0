import { describe, expect, test } from 'vitest'
import { container, kubeletCluster, messagesOf } from '../../../test/support/kubelet-cluster.ts'
import type { ApiObject } from '../../api/object.ts'
import type { PersistentVolumeClaim } from '../../api/types.generated.ts'

function secret(name: string, data: Readonly<Record<string, string>>): ApiObject {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, text]) => [key, btoa(text)]))
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name }, data: encoded } as ApiObject
}

function configMap(name: string, data: Readonly<Record<string, string>>): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name }, data } as ApiObject
}

describe('a container whose environment lacks something', () => {
  test.each([
    { env: { valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }, problem: 'secret "db" not found' },
    { env: { valueFrom: { configMapKeyRef: { name: 'app', key: 'mode' } } }, problem: 'configmap "app" not found' },
  ])('waits for it: $problem', async ({ env, problem }) => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', { containers: [container('web', { env: [{ name: 'VALUE', ...env }] })] })
    await cluster.clock.advance(5_000)
    const waiting = (await cluster.get('app'))?.status?.containerStatuses?.[0]?.state?.waiting
    expect(waiting).toEqual({ reason: 'CreateContainerConfigError', message: problem })
    expect(await messagesOf(cluster, 'app', 'Failed')).toEqual([`Error: ${problem}`])
    await cluster.client.create(secret('db', { password: 'x' }))
    await cluster.client.create(configMap('app', { mode: 'fast' }))
    await cluster.clock.advance(1_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
  })

  test('names the key that is not there', async () => {
    await using cluster = await kubeletCluster()
    await cluster.client.create(secret('db', { user: 'x' }))
    await cluster.client.create(configMap('app', {}))
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }]
    await cluster.pod('one', { containers: [container('web', { env })] })
    const mode = [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'app', key: 'mode' } } }]
    await cluster.pod('two', { containers: [container('web', { env: mode })] })
    await cluster.clock.advance(5_000)
    const message = async (name: string) =>
      (await cluster.get(name))?.status?.containerStatuses?.[0]?.state?.waiting?.message
    expect(await message('one')).toBe("couldn't find key password in Secret default/db")
    expect(await message('two')).toBe("couldn't find key mode in ConfigMap default/app")
  })

  test('does not wait for what is optional', async () => {
    await using cluster = await kubeletCluster()
    await cluster.pod('app', {
      containers: [
        container('web', {
          env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'no', key: 'k', optional: true } } }],
          envFrom: [{ configMapRef: { name: 'no', optional: true } }, { secretRef: { name: 'no', optional: true } }],
        }),
      ],
    })
    await cluster.clock.advance(5_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
  })
})

describe('a volume whose source is missing', () => {
  test.each([
    {
      volume: { configMap: { name: 'app' } },
      message: 'MountVolume.SetUp failed for volume "v" : configmap "app" not found',
    },
    {
      volume: { secret: { secretName: 'db' } },
      message: 'MountVolume.SetUp failed for volume "v" : secret "db" not found',
    },
    {
      volume: { secret: { secretName: 'tls', items: [{ key: 'ca', path: 'ca.crt' }] } },
      message: 'MountVolume.SetUp failed for volume "v" : references non-existent secret key: ca',
    },
    {
      volume: { projected: { sources: [{ configMap: { name: 'app' } }, { secret: { name: 'db' } }] } },
      message: 'MountVolume.SetUp failed for volume "v" : [configmap "app" not found, secret "db" not found]',
    },
    {
      volume: { persistentVolumeClaim: { claimName: 'data' } },
      message:
        'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found',
    },
  ])('keeps the pod in ContainerCreating: $message', async ({ volume, message }) => {
    await using cluster = await kubeletCluster()
    await cluster.client.create(secret('tls', { crt: 'x' }))
    await cluster.pod('app', {
      volumes: [{ name: 'v', ...volume }],
      containers: [container('web', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
    })
    await cluster.clock.advance(10_000)
    const pod = await cluster.get('app')
    expect(pod?.status?.phase).toBe('Pending')
    expect(pod?.status?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
    expect(pod?.status?.conditions?.[0]).toMatchObject({ type: 'PodReadyToStartContainers', status: 'False' })
    // At 0, 0.5, 1.5, 3.5 and 7.5 s.
    expect((await cluster.eventsOf('app')).map((event) => [event.reason, event.message, event.count])).toEqual([
      ['FailedMount', message, 5],
    ])
    await cluster.client.create(configMap('app', {}))
    await cluster.client.create(secret('db', {}))
    if (volume.secret?.items !== undefined) await cluster.client.update(secret('tls', { ca: 'x' }))
    if (volume.persistentVolumeClaim !== undefined) {
      const claim = await cluster.client.create(claimNamed('data'))
      await cluster.clock.advance(20_000)
      expect(await messagesOf(cluster, 'app', 'FailedMount')).toContain(
        'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: PVC is not bound',
      )
      await cluster.client.update({ ...claim, spec: { ...claim.spec!, volumeName: 'pv' } })
      await cluster.client.mergePatch(
        cluster.client.kindOf(claim),
        { namespace: 'default', name: 'data' },
        { status: { phase: 'Bound' } },
        'status',
      )
    }
    await cluster.clock.advance(1_000)
    expect((await cluster.get('app'))?.status?.phase).toBe('Running')
    expect(cluster.failures).toEqual([])
  })
})

function claimNamed(name: string): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { namespace: 'default', name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }
}

test('a missing pull secret is told, and the pull goes on', async () => {
  await using cluster = await kubeletCluster()
  await cluster.pod('app', { imagePullSecrets: [{ name: 'registry' }] })
  await cluster.clock.advance(5_000)
  expect((await cluster.get('app'))?.status?.phase).toBe('Running')
  expect(await messagesOf(cluster, 'app', 'FailedToRetrieveImagePullSecret')).toEqual([
    'Unable to retrieve some image pull secrets (registry); attempting to pull the image may not succeed.',
  ])
})
