import { AppsV1Api, CoreV1Api, PatchStrategy, setHeaderOptions, type V1Deployment } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConnectedCluster, refusal } from './connected-cluster.ts'

const NAMESPACE = 'default'

let cluster: ConnectedCluster
let core: CoreV1Api
let apps: AppsV1Api

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
  core = cluster.config.makeApiClient(CoreV1Api)
  apps = cluster.config.makeApiClient(AppsV1Api)
  const body = deployment('web', [
    { name: 'web', image: 'web:1' },
    { name: 'proxy', image: 'proxy:1' },
  ])
  await apps.createNamespacedDeployment({ namespace: NAMESPACE, body })
})

afterAll(() => cluster[Symbol.asyncDispose]())

function deployment(name: string, containers: readonly { name: string; image: string }[]): V1Deployment {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [...containers] } },
    },
  }
}

function patch(strategy: string, body: unknown): Promise<V1Deployment> {
  return apps.patchNamespacedDeployment(
    { namespace: NAMESPACE, name: 'web', body },
    setHeaderOptions('Content-Type', strategy),
  )
}

function imagesOf({ spec }: V1Deployment): string[] {
  return (spec?.template.spec?.containers ?? []).map(({ image }) => image ?? '')
}

describe('patches', () => {
  test('a JSON patch does what it says, step by step, or nothing', async () => {
    const image = '/spec/template/spec/containers/0/image'
    const patched = await patch(PatchStrategy.JsonPatch, [
      { op: 'test', path: image, value: 'web:1' },
      { op: 'replace', path: image, value: 'web:2' },
      { op: 'add', path: '/metadata/labels', value: { tier: 'front' } },
    ])
    expect(imagesOf(patched)).toEqual(['web:2', 'proxy:1'])
    expect(patched.metadata?.labels).toEqual({ tier: 'front' })

    const failed = patch(PatchStrategy.JsonPatch, [
      { op: 'replace', path: image, value: 'web:3' },
      { op: 'test', path: '/metadata/labels/tier', value: 'back' },
    ])
    expect(await refusal(failed)).toMatchObject({ code: 422, reason: 'Invalid' })
    expect(imagesOf(await apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' }))[0]).toBe('web:2')
  })

  test('a strategic patch merges containers by their names, a merge patch replaces them', async () => {
    const containers = [{ name: 'proxy', image: 'proxy:2' }]
    const merged = await patch(PatchStrategy.StrategicMergePatch, { spec: { template: { spec: { containers } } } })
    expect(imagesOf(merged).toSorted()).toEqual(['proxy:2', 'web:2'])

    const replaced = await patch(PatchStrategy.MergePatch, { spec: { template: { spec: { containers } } } })
    expect(imagesOf(replaced)).toEqual(['proxy:2'])
  })

  test('a dry run answers with what would be', async () => {
    const would = await apps.patchNamespacedDeployment(
      { namespace: NAMESPACE, name: 'web', dryRun: 'All', body: { metadata: { labels: { dry: 'run' } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    expect(would.metadata?.labels).toMatchObject({ dry: 'run' })
    const is = await apps.readNamespacedDeployment({ namespace: NAMESPACE, name: 'web' })
    expect(is.metadata?.labels).not.toHaveProperty('dry')
  })

  test('a patch of a type that the server does not know is refused', async () => {
    expect(await refusal(patch('application/strange-patch+json', {}))).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
    })
  })
})

describe('server-side apply', () => {
  const name = 'shared'

  function apply(fieldManager: string, data: Record<string, string>, force = false) {
    return core.patchNamespacedConfigMap(
      {
        namespace: NAMESPACE,
        name,
        fieldManager,
        force,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data },
      },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    )
  }

  test('each manager has its fields; who wants another’s must force it, and what nobody applies goes', async () => {
    const created = await apply('asha', { color: 'blue', size: 'small' })
    expect(created.metadata?.managedFields).toMatchObject([
      {
        manager: 'asha',
        operation: 'Apply',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:color': {}, 'f:size': {} } },
      },
    ])

    expect(await refusal(apply('ravi', { color: 'red' }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "asha": .data.color',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "asha"', field: '.data.color' }] },
    })

    const forced = await apply('ravi', { color: 'red' }, true)
    expect(forced.data).toEqual({ color: 'red', size: 'small' })

    // Asha no longer says anything of the size, and the color is not hers any more.
    const left = await apply('asha', {})
    expect(left.data).toEqual({ color: 'red' })
  })

  test('one value can have two managers: it stays until both have let go', async () => {
    await apply('asha', { shape: 'round' })
    await apply('ravi', { shape: 'round' })
    expect((await apply('asha', {})).data).toEqual({ shape: 'round' })
    expect((await apply('ravi', {})).data ?? {}).toEqual({})
  })

  test('a manager without a name is refused', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
    const nameless = core.patchNamespacedConfigMap(
      { namespace: NAMESPACE, name, body },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    )
    expect((await refusal(nameless)).message).toContain('fieldManager: Required value: is required for apply patch')
  })
})
