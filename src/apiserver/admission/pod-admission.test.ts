import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import type { PodSpec } from '../../api/types.generated.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { SeededRandom } from '../../world/random.ts'
import { defaultTolerations } from './default-tolerations.ts'
import { runtimeClass } from './nodes-and-runtimes.ts'
import { priority } from './priority.ts'
import { serviceAccount } from './service-account.ts'
import { defaultStorageClass, storageObjectInUse } from './storage.ts'

const KEY = { namespace: 'default', name: 'web' }

function start(): Promise<TestCluster> {
  return testCluster({
    admission: [
      serviceAccount(new SeededRandom('admission')),
      priority(),
      defaultTolerations(),
      storageObjectInUse,
      runtimeClass,
      defaultStorageClass,
    ],
  })
}

function put({ client }: TestCluster, kind: string, name: string, rest: object = {}): Promise<ApiObject> {
  const [apiVersion, namespaced] = KINDS[kind] ?? ['v1', true]
  const { metadata, ...others } = rest as { metadata?: object }
  return client.create({
    apiVersion,
    kind,
    metadata: { ...(namespaced ? { namespace: 'default' } : {}), ...metadata, name },
    ...others,
  } as unknown as ApiObject)
}

const KINDS: Readonly<Record<string, readonly [string, boolean]>> = {
  PriorityClass: ['scheduling.k8s.io/v1', false],
  RuntimeClass: ['node.k8s.io/v1', false],
  StorageClass: ['storage.k8s.io/v1', false],
  PersistentVolume: ['v1', false],
}

async function pod(cluster: TestCluster, spec: Partial<PodSpec> = {}, metadata: object = {}): Promise<Pod> {
  const containers = [{ name: 'app', image: 'nginx' }]
  return (await put(cluster, 'Pod', 'web', { metadata, spec: { containers, ...spec } })) as Pod
}

async function withAccount(account: object = {}): Promise<TestCluster> {
  const cluster = await start()
  await put(cluster, 'ServiceAccount', 'default', account)
  return cluster
}

describe('ServiceAccount', () => {
  test('a pod runs as the default account, and finds its token', async () => {
    await using cluster = await withAccount()
    const { spec } = await pod(cluster)
    expect(spec).toMatchObject({ serviceAccountName: 'default', serviceAccount: 'default' })
    const [volume] = spec.volumes ?? []
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
    expect(volume?.projected?.sources?.[0]).toEqual({
      serviceAccountToken: { expirationSeconds: 3_607, path: 'token' },
    })
    expect(spec.containers[0]?.volumeMounts).toEqual([
      { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ])
  })

  test('an account that is not there refuses the pod', async () => {
    await using cluster = await start()
    await expect(pod(cluster)).rejects.toMatchObject({
      code: 403,
      message:
        'pods "web" is forbidden: error looking up service account default/default: serviceaccount "default" not found',
    })
  })

  test.each([
    { account: {}, spec: {}, mounted: true },
    { account: { automountServiceAccountToken: false }, spec: {}, mounted: false },
    { account: {}, spec: { automountServiceAccountToken: false }, mounted: false },
    { account: { automountServiceAccountToken: false }, spec: { automountServiceAccountToken: true }, mounted: true },
  ])('account $account, pod $spec: mounted $mounted', async ({ account, spec, mounted }) => {
    await using cluster = await withAccount(account)
    expect((await pod(cluster, spec)).spec.volumes?.length ?? 0).toBe(mounted ? 1 : 0)
  })

  test("a mount of the pod's own at the token's path stays the only one", async () => {
    await using cluster = await withAccount()
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
    const { spec } = await pod(cluster, {
      containers: [{ name: 'app', image: 'nginx', volumeMounts: [{ name: 'own', mountPath }] }],
      volumes: [{ name: 'own', emptyDir: {} }],
    })
    expect(spec.volumes?.map(({ name }) => name)).toEqual(['own'])
  })

  test("the account's pull secrets are the pod's where it names none", async () => {
    await using cluster = await withAccount({ imagePullSecrets: [{ name: 'registry' }] })
    expect((await pod(cluster)).spec.imagePullSecrets).toEqual([{ name: 'registry' }])
  })

  test.each([
    [
      { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
      'volume with secret.secretName="other" is not allowed because service account default does not reference that secret',
    ],
    [
      {
        containers: [
          {
            name: 'app',
            image: 'nginx',
            env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } }],
          },
        ],
      },
      'container app with envVar KEY referencing secret.secretName="other" is not allowed because service account default does not reference that secret',
    ],
    [
      { initContainers: [{ name: 'init', image: 'nginx', envFrom: [{ secretRef: { name: 'other' } }] }] },
      'init container init with envFrom referencing secret.secretName="other" is not allowed because service account default does not reference that secret',
    ],
    [
      { imagePullSecrets: [{ name: 'other' }] },
      'imagePullSecrets[0].name="other" is not allowed because service account default does not reference that imagePullSecret',
    ],
  ] as [Partial<PodSpec>, string][])('an account that limits secrets refuses %j', async (spec, why) => {
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' }
    await using cluster = await withAccount({ metadata: { annotations }, secrets: [{ name: 'own' }] })
    await expect(pod(cluster, spec)).rejects.toThrow(`pods "web" is forbidden: ${why}`)
    await expect(pod(cluster, { volumes: [{ name: 'v', secret: { secretName: 'own' } }] })).resolves.toBeDefined()
  })

  test('a mirror pod refers to nothing of the cluster', async () => {
    await using cluster = await start()
    const annotations = { 'kubernetes.io/config.mirror': 'hash' }
    await expect(pod(cluster, { serviceAccountName: 'default' }, { annotations })).rejects.toThrow(
      'a mirror pod may not reference service accounts',
    )
    const volumes = [{ name: 'v', secret: { secretName: 'own' } }]
    await expect(pod(cluster, { volumes }, { annotations })).rejects.toThrow('a mirror pod may not reference secrets')
  })
})

describe('Priority', () => {
  test.each([
    { spec: {}, priority: 0, name: undefined, policy: 'PreemptLowerPriority' },
    { spec: { priorityClassName: 'high' }, priority: 1_000, name: 'high', policy: 'PreemptLowerPriority' },
    { spec: { priorityClassName: 'polite' }, priority: 500, name: 'polite', policy: 'Never' },
    {
      spec: { priorityClassName: 'high', priority: 1_000 },
      priority: 1_000,
      name: 'high',
      policy: 'PreemptLowerPriority',
    },
  ])('$spec has priority $priority', async ({ spec, ...wanted }) => {
    await using cluster = await withAccount()
    await put(cluster, 'PriorityClass', 'high', { value: 1_000 })
    await put(cluster, 'PriorityClass', 'polite', { value: 500, preemptionPolicy: 'Never' })
    const created = (await pod(cluster, spec)).spec
    expect(created.priority).toBe(wanted.priority)
    expect(created.priorityClassName).toBe(wanted.name)
    expect(created.preemptionPolicy).toBe(wanted.policy)
  })

  test('the default class is for pods that name none, and there is but one', async () => {
    await using cluster = await withAccount()
    await put(cluster, 'PriorityClass', 'usual', { value: 7, globalDefault: true })
    expect((await pod(cluster)).spec).toMatchObject({ priority: 7, priorityClassName: 'usual' })
    await expect(put(cluster, 'PriorityClass', 'second', { value: 8, globalDefault: true })).rejects.toThrow(
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass usual is already marked as default. Only one default can exist',
    )
  })

  test.each([
    [{ priorityClassName: 'none' }, 'no PriorityClass with name none was found'],
    [
      { priority: 5 },
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    ],
    [
      { preemptionPolicy: 'Never' },
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    ],
  ])('refuses %j', async (spec, why) => {
    await using cluster = await withAccount()
    await expect(pod(cluster, spec)).rejects.toThrow(`pods "web" is forbidden: ${why}`)
  })

  test('system classes are for everybody: quotas may say otherwise', async () => {
    await using cluster = await withAccount()
    await put(cluster, 'PriorityClass', 'system-node-critical', { value: 2_000_001_000 })
    expect((await pod(cluster, { priorityClassName: 'system-node-critical' })).spec.priority).toBe(2_000_001_000)
  })
})

describe('DefaultTolerationSeconds', () => {
  const NOT_READY = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }
  const UNREACHABLE = { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' }

  test.each([
    { given: [], added: [NOT_READY, UNREACHABLE] },
    { given: [{ ...NOT_READY, tolerationSeconds: 5 }], added: [UNREACHABLE] },
    { given: [{ key: NOT_READY.key, operator: 'Exists' }], added: [UNREACHABLE] },
    { given: [{ operator: 'Exists' }], added: [] },
    { given: [{ operator: 'Exists', effect: 'NoSchedule' }], added: [NOT_READY, UNREACHABLE] },
  ])('beside $given: $added.length', async ({ given, added }) => {
    await using cluster = await withAccount()
    const { spec } = await pod(cluster, { tolerations: given })
    expect(spec.tolerations).toEqual([...given, ...added.map((one) => ({ ...one, tolerationSeconds: 300 }))])
  })

  test('a replacement that leaves out what admission added is no removal', async () => {
    await using cluster = await withAccount()
    const created = await pod(cluster)
    const { tolerations: _tolerations, priority: _priority, preemptionPolicy: _policy, ...spec } = created.spec
    const labels = { app: 'web' }
    await cluster.client.update({ ...created, metadata: { ...created.metadata, labels }, spec })
    const updated = await cluster.client.get(Pod, KEY)
    expect(updated?.metadata.labels).toEqual(labels)
    expect(updated?.spec).toEqual(created.spec)
  })
})

describe('RuntimeClass', () => {
  const CLASS = {
    handler: 'sandbox',
    overhead: { podFixed: { cpu: '250m', memory: '64Mi' } },
    scheduling: { nodeSelector: { runtime: 'sandbox' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
  }

  test("the class's overhead and placement become the pod's", async () => {
    await using cluster = await withAccount()
    await put(cluster, 'RuntimeClass', 'sandbox', CLASS)
    const { spec } = await pod(cluster, { runtimeClassName: 'sandbox', nodeSelector: { disk: 'ssd' } })
    expect(spec.overhead).toEqual(CLASS.overhead.podFixed)
    expect(spec.nodeSelector).toEqual({ disk: 'ssd', runtime: 'sandbox' })
    expect(spec.tolerations).toContainEqual({ key: 'sandbox', operator: 'Exists' })
  })

  test.each([
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'plain', overhead: { cpu: '1' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      { runtimeClassName: 'sandbox', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      { runtimeClassName: 'sandbox', nodeSelector: { runtime: 'plain' } },
      'conflict: runtimeClass.scheduling.nodeSelector[runtime] = sandbox; pod.spec.nodeSelector[runtime] = plain',
    ],
  ])('refuses %j', async (spec, why) => {
    await using cluster = await withAccount()
    await put(cluster, 'RuntimeClass', 'sandbox', CLASS)
    await put(cluster, 'RuntimeClass', 'plain', { handler: 'plain' })
    await expect(pod(cluster, spec)).rejects.toThrow(`pods "web" is forbidden: ${why}`)
  })

  test('overhead that is written otherwise is the same', async () => {
    await using cluster = await withAccount()
    await put(cluster, 'RuntimeClass', 'sandbox', CLASS)
    await expect(
      pod(cluster, { runtimeClassName: 'sandbox', overhead: { cpu: '0.25', memory: '65536Ki' } }),
    ).resolves.toBeDefined()
  })
})

describe('storage', () => {
  const CLAIM = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }

  function storageClass(cluster: TestCluster, name: string, annotations: object): Promise<ApiObject> {
    return put(cluster, 'StorageClass', name, { metadata: { annotations }, provisioner: 'example.com/disk' })
  }

  test('a claim that names no class gets the newest of the default ones', async () => {
    await using cluster = await start()
    await storageClass(cluster, 'old', { 'storageclass.kubernetes.io/is-default-class': 'true' })
    await cluster.clock.advance(1_000)
    await storageClass(cluster, 'other', {})
    await storageClass(cluster, 'new', { 'storageclass.beta.kubernetes.io/is-default-class': 'true' })
    expect(await put(cluster, 'PersistentVolumeClaim', 'a', CLAIM)).toMatchObject({
      spec: { storageClassName: 'new' },
      metadata: { finalizers: ['kubernetes.io/pvc-protection'] },
    })
  })

  test('a claim that names no class on purpose has none', async () => {
    await using cluster = await start()
    await storageClass(cluster, 'usual', { 'storageclass.kubernetes.io/is-default-class': 'true' })
    const claim = { spec: { ...CLAIM.spec, storageClassName: '' } }
    expect(await put(cluster, 'PersistentVolumeClaim', 'a', claim)).toMatchObject({ spec: { storageClassName: '' } })
  })
})
