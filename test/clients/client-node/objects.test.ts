import { readFileSync } from 'node:fs'
import {
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  Health,
  type KubernetesObject,
  KubernetesObjectApi,
  loadAllYaml,
  type V1ConfigMap,
  type V1Deployment,
  VersionApi,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changed, ConnectedCluster, refusal, until } from './connected-cluster.ts'

const NAMESPACE = 'default'
const KITES = { group: 'toys.example.com', version: 'v1', plural: 'kites', namespace: NAMESPACE }

let cluster: ConnectedCluster
let core: CoreV1Api

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
  core = cluster.config.makeApiClient(CoreV1Api)
})

afterAll(() => cluster[Symbol.asyncDispose]())

function fixture(name: string): string {
  return readFileSync(`${cluster.served.folder}/${name}`, 'utf8')
}

describe('typed objects', () => {
  test('a ConfigMap is created, read, replaced and deleted', async () => {
    const created = await core.createNamespacedConfigMap({
      namespace: NAMESPACE,
      body: { metadata: { name: 'settings', labels: { set: 'one' } }, data: { color: 'blue' } },
    })
    expect(created.metadata?.creationTimestamp).toBeInstanceOf(Date)
    expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/)

    const read = await core.readNamespacedConfigMap({ namespace: NAMESPACE, name: 'settings' })
    expect(read).toEqual(created)

    const body = changed(read, { data: { color: 'red' } })
    const replaced = await core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name: 'settings', body })
    expect(replaced.data).toEqual({ color: 'red' })
    expect(replaced.metadata?.resourceVersion).not.toBe(read.metadata?.resourceVersion)

    const { items } = await core.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector: 'set=one' })
    expect(items).toEqual([replaced])

    const status = await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: 'settings' })
    expect(status).toMatchObject({ status: 'Success', details: { kind: 'configmaps', name: 'settings' } })
    expect(await refusal(core.readNamespacedConfigMap({ namespace: NAMESPACE, name: 'settings' }))).toMatchObject({
      code: 404,
      reason: 'NotFound',
    })
  })

  test('bytes of a Secret come back as they went', async () => {
    const data = { key: Buffer.from([0, 255, 128, 10]).toString('base64') }
    const body = { metadata: { generateName: 'key-' }, data, stringData: { note: 'नमस्ते' } }
    const created = await core.createNamespacedSecret({ namespace: NAMESPACE, body })
    expect(created.metadata?.name).toMatch(/^key-[a-z0-9]{5}$/)
    expect(created.data).toEqual({ ...data, note: Buffer.from('नमस्ते').toString('base64') })
    expect(created.type).toBe('Opaque')
  })

  test('a Deployment becomes available, is scaled, and takes its pods with it', async () => {
    const apps = cluster.config.makeApiClient(AppsV1Api)
    const labels = { app: 'shop' }
    const body: V1Deployment = {
      metadata: { name: 'shop' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'shop:1' }] },
        },
      },
    }
    const name = 'shop'
    const created = await apps.createNamespacedDeployment({ namespace: NAMESPACE, body })
    expect(created.spec?.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
    })
    const isReady = async (count: number): Promise<boolean> => {
      const { status } = await apps.readNamespacedDeploymentStatus({ namespace: NAMESPACE, name })
      return status?.readyReplicas === count && status.replicas === count
    }
    await until(() => isReady(2), 'two pods are ready')

    const scale = await apps.readNamespacedDeploymentScale({ namespace: NAMESPACE, name })
    expect(scale.status).toEqual({ replicas: 2, selector: 'app=shop' })
    await apps.replaceNamespacedDeploymentScale({
      namespace: NAMESPACE,
      name,
      body: changed(scale, { spec: { replicas: 3 } }),
    })
    await until(() => isReady(3), 'three pods are ready')

    const pods = await core.listNamespacedPod({ namespace: NAMESPACE, labelSelector: 'app=shop' })
    expect(pods.items.map(({ status }) => status?.phase)).toEqual(['Running', 'Running', 'Running'])
    expect(pods.items[0]?.status?.startTime).toBeInstanceOf(Date)

    await apps.deleteNamespacedDeployment({ namespace: NAMESPACE, name, propagationPolicy: 'Foreground' })
    await until(async () => {
      const left = await core.listNamespacedPod({ namespace: NAMESPACE, labelSelector: 'app=shop' })
      return left.items.length === 0
    }, 'no pods are left')
  })

  test('a Job completes', async () => {
    const batch = cluster.config.makeApiClient(BatchV1Api)
    await batch.createNamespacedJob({
      namespace: NAMESPACE,
      body: {
        metadata: { name: 'sum' },
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'sum:1' }] } },
        },
      },
    })
    const read = () => batch.readNamespacedJobStatus({ namespace: NAMESPACE, name: 'sum' })
    await until(async () => (await read()).status?.succeeded === 1, 'the job has succeeded')
    const { status } = await read()
    expect(status?.completionTime).toBeInstanceOf(Date)
    expect(status?.conditions?.map(({ type }) => type)).toContain('Complete')
  })

  test('the server says which version it is of, and that it is well', async () => {
    const version = await cluster.config.makeApiClient(VersionApi).getCode()
    expect(version).toMatchObject({ major: '1', minor: '35' })
    const health = new Health(cluster.config)
    expect(await health.livez({})).toBe(true)
    expect(await health.readyz({})).toBe(true)
  })
})

describe('custom objects', () => {
  let custom: CustomObjectsApi

  beforeAll(async () => {
    custom = cluster.config.makeApiClient(CustomObjectsApi)
    const objects = KubernetesObjectApi.makeApiClient(cluster.config)
    for (const definition of loadAllYaml(fixture('crd.yaml')) as KubernetesObject[]) await objects.create(definition)
    await until(async () => {
      const list = (await custom.listNamespacedCustomObject(KITES).catch(() => undefined)) as { kind?: string }
      return list?.kind === 'KiteList'
    }, 'the kind is served')
  })

  const kite = (name: string, spec: object): object => ({
    apiVersion: 'toys.example.com/v1',
    kind: 'Kite',
    metadata: { name },
    spec,
  })

  test('are created with their defaults, selected by their fields, patched and deleted', async () => {
    const created = await custom.createNamespacedCustomObject({ ...KITES, body: kite('swift', { color: 'red' }) })
    expect(created).toMatchObject({ spec: { color: 'red', tails: 1 } })
    await custom.createNamespacedCustomObject({ ...KITES, body: kite('calm', { color: 'blue', tails: 3 }) })

    const red = await custom.listNamespacedCustomObject({ ...KITES, fieldSelector: 'spec.color=red' })
    expect(red.items.map((item: KubernetesObject) => item.metadata?.name)).toEqual(['swift'])

    // The client sends JSON patches unless told otherwise.
    const body = [{ op: 'replace', path: '/spec/tails', value: 2 }]
    const patched = await custom.patchNamespacedCustomObject({ ...KITES, name: 'swift', body })
    expect(patched).toMatchObject({ spec: { color: 'red', tails: 2 }, metadata: { generation: 2 } })

    const status = await custom.getNamespacedCustomObjectStatus({ ...KITES, name: 'swift' })
    const flying = { ...status, status: { flying: true }, spec: { color: 'black' } }
    const flown = await custom.replaceNamespacedCustomObjectStatus({ ...KITES, name: 'swift', body: flying })
    expect(flown).toMatchObject({ status: { flying: true }, spec: { color: 'red' } })

    await custom.deleteNamespacedCustomObject({ ...KITES, name: 'swift' })
    const gone = await refusal(custom.getNamespacedCustomObject({ ...KITES, name: 'swift' }))
    expect(gone.message).toBe('kites.toys.example.com "swift" not found')
  })

  test('that break their schema or its rules are refused with every cause', async () => {
    const wrong = custom.createNamespacedCustomObject({ ...KITES, body: kite('odd', { color: 'green', tails: 12 }) })
    const status = await refusal(wrong)
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' })
    const causes = status.details?.causes?.map(({ field, reason }) => `${field} ${reason}`)
    // The last says that rules were not looked at, as the object is invalid without them.
    expect(causes?.toSorted()).toEqual([
      '<nil> FieldValueInvalid',
      'spec.color FieldValueNotSupported',
      'spec.tails FieldValueInvalid',
    ])
    const black = custom.createNamespacedCustomObject({ ...KITES, body: kite('odd', { color: 'black', tails: 0 }) })
    expect((await refusal(black)).message).toContain('a black kite needs a tail')
  })
})

describe('lists in pages', () => {
  const names = Array.from({ length: 7 }, (_, index) => `page-${index}`)
  const selected = { namespace: NAMESPACE, labelSelector: 'kind=page' }

  beforeAll(async () => {
    for (const name of names) {
      const body = { metadata: { name, labels: { kind: 'page' } } }
      await core.createNamespacedConfigMap({ namespace: NAMESPACE, body })
    }
  })

  test('show the state of the first page, whatever is written meanwhile', async () => {
    const first = await core.listNamespacedConfigMap({ ...selected, limit: 3 })
    await core.createNamespacedConfigMap({
      namespace: NAMESPACE,
      body: { metadata: { name: 'page-later', labels: { kind: 'page' } } },
    })
    await core.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: 'page-5' })
    const seen = [...first.items]
    let _continue = first.metadata?._continue
    while (_continue !== undefined) {
      const page = await core.listNamespacedConfigMap({ ...selected, limit: 3, _continue })
      expect(page.metadata?.resourceVersion).toBe(first.metadata?.resourceVersion)
      seen.push(...page.items)
      _continue = page.metadata?._continue
    }
    expect(seen.map(({ metadata }) => metadata?.name)).toEqual(names)
  })

  test('count what is left when nothing is selected', async () => {
    const all = await core.listConfigMapForAllNamespaces()
    const page = await core.listConfigMapForAllNamespaces({ limit: 2 })
    expect(page.items).toHaveLength(2)
    expect(page.metadata?.remainingItemCount).toBe(all.items.length - 2)
  })

  test('a page that was forgotten is refused with a token to go on from', async () => {
    const first = await core.listNamespacedConfigMap({ ...selected, limit: 3 })
    await core.createNamespacedConfigMap({ namespace: NAMESPACE, body: { metadata: { name: 'newer' } } })
    const { store } = cluster.served.platform
    store.compact(store.revision)
    const _continue = first.metadata?._continue ?? ''
    const status = await refusal(core.listNamespacedConfigMap({ ...selected, limit: 3, _continue }))
    expect(status).toMatchObject({ code: 410, reason: 'Expired' })
    const { continue: token = '' } = status.metadata as { continue?: string }
    const next = await core.listNamespacedConfigMap({ ...selected, _continue: token })
    expect(next.items.map(({ metadata }) => metadata?.name)).toEqual(['page-3', 'page-4', 'page-6', 'page-later'])
  })
})

describe('refusals are a Status', () => {
  const name = 'contested'
  const body: V1ConfigMap = { metadata: { name } }

  test('of what is there already, and of what somebody else has changed', async () => {
    const created = await core.createNamespacedConfigMap({ namespace: NAMESPACE, body })
    expect(await refusal(core.createNamespacedConfigMap({ namespace: NAMESPACE, body }))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "${name}" already exists`,
      reason: 'AlreadyExists',
      details: { name, kind: 'configmaps' },
      code: 409,
    })
    await core.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body: changed(created, { data: { a: 'b' } }) })
    const stale = core.replaceNamespacedConfigMap({
      namespace: NAMESPACE,
      name,
      body: changed(created, { data: { a: 'c' } }),
    })
    expect(await refusal(stale)).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; ` +
        'please apply your changes to the latest version and try again',
    })
  })

  test('of what is invalid, with its causes', async () => {
    const pod = { metadata: { name: 'Capital' }, spec: { containers: [{ name: 'main', image: '' }] } }
    const status = await refusal(core.createNamespacedPod({ namespace: NAMESPACE, body: pod }))
    expect(status).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Pod', name: 'Capital' } })
    expect(status.details?.causes?.map(({ field }) => field)).toEqual(['metadata.name', 'spec.containers[0].image'])
  })

  test('of what one may not do', async () => {
    const config = Object.assign(Object.create(Object.getPrototypeOf(cluster.config)), cluster.config)
    config.users = config.users.map((user: object) => ({ ...user, impersonateUser: 'asha' }))
    const status = await refusal(config.makeApiClient(CoreV1Api).listNode())
    expect(status).toMatchObject({ code: 403, reason: 'Forbidden' })
  })

  test('with the headers of the answer', async () => {
    const error = await core.readNamespace({ name: 'nowhere' }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ApiException)
    expect((error as ApiException<string>).code).toBe(404)
    expect((error as ApiException<string>).headers['content-type']).toBe('application/json')
    expect((error as ApiException<string>).headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})
