import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import {
  Attach,
  CoreV1Api,
  Exec,
  type KubernetesObject,
  KubernetesObjectApi,
  loadAllYaml,
  Log,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConnectedCluster, refusal, until } from './connected-cluster.ts'

const NAMESPACE = 'default'
const POD = { namespace: NAMESPACE, name: 'talker' }
const SIMULATED = '"talker" is simulated, and nothing runs in it that could answer'

let cluster: ConnectedCluster
let core: CoreV1Api

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
  core = cluster.config.makeApiClient(CoreV1Api)
  const objects = KubernetesObjectApi.makeApiClient(cluster.config)
  const manifests = loadAllYaml(readFileSync(`${cluster.served.folder}/talker.yaml`, 'utf8')) as KubernetesObject[]
  for (const manifest of manifests) await objects.create(manifest)
  await until(async () => (await core.readNamespacedPod(POD)).status?.phase === 'Running', 'the pod runs')
})

afterAll(() => cluster[Symbol.asyncDispose]())

test('a log that is read ends where it is', async () => {
  expect(await core.readNamespacedPodLog({ ...POD, container: 'main', limitBytes: 9 })).toBe('hello\nhow')
  const stamped = await core.readNamespacedPodLog({ ...POD, container: 'side', tailLines: 1, timestamps: true })
  expect(stamped).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z (?:how are you|still here)\n$/)
})

test('a log of a container that is not there is refused, and so is one of no container in particular', async () => {
  expect(await refusal(core.readNamespacedPodLog({ ...POD, container: 'nobody' }))).toMatchObject({
    code: 400,
    message: 'container nobody is not valid for pod talker',
  })
  expect((await refusal(core.readNamespacedPodLog(POD))).message).toBe(
    'a container name must be specified for pod talker, choose one of: [main side]',
  )
})

test('exec and attach say that nothing runs that could answer', async () => {
  const exec = core.connectPostNamespacedPodExec({ ...POD, command: 'ls', stdout: true })
  expect(await refusal(exec)).toMatchObject({ code: 501, message: `exec is not available: ${SIMULATED}` })

  // Over a WebSocket the client shows only the code.
  const refused = { message: 'Unexpected server response: 501' }
  const [out, errors] = [new PassThrough(), new PassThrough()]
  const run = new Exec(cluster.config).exec(NAMESPACE, POD.name, 'main', ['ls'], out, errors, null, false)
  await expect(run).rejects.toMatchObject(refused)
  const attach = new Attach(cluster.config).attach(NAMESPACE, POD.name, 'main', out, errors, null, false)
  await expect(attach).rejects.toMatchObject(refused)
})

test('a log that is followed goes on as the container writes, and ends with it', async () => {
  const stream = new PassThrough({ encoding: 'utf8' })
  let text = ''
  let hasEnded = false
  stream.on('data', (chunk: string) => (text += chunk))
  stream.on('end', () => (hasEnded = true))
  await new Log(cluster.config).log(NAMESPACE, POD.name, 'main', stream, { follow: true })
  const count = () => text.split('\n').length - 1
  await until(() => count() >= 4, 'what was written is there')
  const before = count()
  await until(() => count() > before, 'the container has written more')
  expect(hasEnded).toBe(false)
  expect(text.split('\n').slice(0, 4)).toEqual(['hello', 'how are you', 'still here', 'still here'])

  const body = { metadata: { name: POD.name, namespace: NAMESPACE }, deleteOptions: { gracePeriodSeconds: 1 } }
  expect(await core.createNamespacedPodEviction({ ...POD, body })).toMatchObject({ kind: 'Status' })
  await until(() => hasEnded, 'the log has ended')
  await until(async () => {
    const { items } = await core.listNamespacedPod({ namespace: NAMESPACE, fieldSelector: 'metadata.name=talker' })
    return items.length === 0
  }, 'the pod is gone')
})
