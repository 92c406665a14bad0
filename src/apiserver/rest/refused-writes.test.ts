import { describe, expect, test } from 'vitest'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest, PatchType } from '../../api/request.ts'
import { testCluster, type TestCluster } from '../../../test/support/cluster.ts'

const USER = { username: 'asha', groups: ['system:masters'] }
const STRATEGIC = 'application/strategic-merge-patch+json'
const MERGE = 'application/merge-patch+json'

async function clusterWithWeb(): Promise<TestCluster> {
  const cluster = await testCluster()
  await cluster.client.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', uid: 'u1' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
    },
  } as ApiObject)
  return cluster
}

/** As a client of the network would: bodies are decoded. */
function send({ server }: TestCluster, request: Partial<ApiRequest>): Promise<unknown> {
  const about = { kind: Deployment as never, namespace: 'default', name: 'web', user: USER, options: {} }
  return server.send({ verb: 'patch', ...about, ...request } as ApiRequest)
}

describe('a strategic merge patch of the wrong type', () => {
  test.each([
    [{ spec: { replicas: 'many' } }, 'map[spec:map[replicas:many]]', 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'map[spec:map[replicas:1.5]]', 'cannot convert float64 to int32'],
    [{ metadata: { labels: { a: 1 } } }, 'map[metadata:map[labels:map[a:1]]]', 'cannot convert int64 to string'],
    [{ metadata: { finalizers: 'x' } }, 'map[metadata:map[finalizers:x]]', 'cannot restore slice from string'],
    [{ spec: { template: 'x' } }, 'map[spec:map[template:x]]', 'cannot restore struct from: string'],
  ])('%j', async (body, shown, why) => {
    await using cluster = await clusterWithWeb()
    await expect(send(cluster, { body, patchType: STRATEGIC })).rejects.toMatchObject({
      code: 422,
      details: { causes: [{ field: 'patch', message: `Invalid value: ${JSON.stringify(shown)}: ${why}` }] },
    })
  })
})

test('a merge patch of the wrong type is told as JSON has it', async () => {
  await using cluster = await clusterWithWeb()
  const refused = send(cluster, { body: { spec: { replicas: 'many' } }, patchType: MERGE })
  await expect(refused).rejects.toThrow(
    /": json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32$/,
  )
})

test.each<[PatchType, string]>([
  [STRATEGIC, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  [MERGE, 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
])('%s takes objects only', async (patchType, message) => {
  await using cluster = await clusterWithWeb()
  await expect(send(cluster, { body: [], patchType })).rejects.toMatchObject({ code: 400, message })
})

describe('a write cannot change who an object is', () => {
  const OTHER = 'the name of the object (other) does not match the name on the URL (web)'

  test('a patch of the name is refused', async () => {
    await using cluster = await clusterWithWeb()
    const refused = send(cluster, { body: { metadata: { name: 'other' } }, patchType: STRATEGIC })
    await expect(refused).rejects.toMatchObject({ code: 400, message: OTHER })
  })

  test('a PUT of another name is refused, and one without', async () => {
    await using cluster = await clusterWithWeb()
    const live = (await cluster.client.get(Deployment, { namespace: 'default', name: 'web' })) as ApiObject
    const put = (name: string) =>
      send(cluster, { verb: 'update', body: { ...live, metadata: { ...live.metadata, name } } })
    await expect(put('other')).rejects.toMatchObject({ code: 400, message: OTHER })
    await expect(put('')).rejects.toMatchObject({
      code: 400,
      message: 'the name of the object (web based on URL) was undeterminable: name must be provided',
    })
  })

  test('the UID: a patch makes the object invalid, a PUT means another object', async () => {
    await using cluster = await clusterWithWeb()
    const live = (await cluster.client.get(Deployment, { namespace: 'default', name: 'web' })) as ApiObject
    const body = { metadata: { uid: 'u9' } }
    await expect(send(cluster, { body, patchType: STRATEGIC })).rejects.toThrow(
      'Deployment.apps "web" is invalid: metadata.uid: Invalid value: "u9": field is immutable',
    )
    const put = send(cluster, { verb: 'update', body: { ...live, metadata: { ...live.metadata, uid: 'u9' } } })
    await expect(put).rejects.toMatchObject({
      code: 409,
      message: `Operation cannot be fulfilled on deployments.apps "web": StorageError: invalid object, Code: 4, Key: /registry/deployments/default/web, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: u9, UID in object meta: ${live.metadata.uid}`,
    })
  })
})

test('a subresource that a kind does not have is not there', async () => {
  await using cluster = await clusterWithWeb()
  await expect(send(cluster, { verb: 'get', subresource: 'nope' })).rejects.toMatchObject({
    code: 404,
    message: 'the server could not find the requested resource',
  })
})
