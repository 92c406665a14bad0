import { describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../../test/support/cluster.ts'
import type { Deployment } from '../../../api/kinds/apps/deployment.ts'
import { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { Client } from '../../../client/client.ts'
import type { Container } from '../../../api/types.generated.ts'
import { podSecurity } from '../pod-security.ts'

const SECURITY = 'pod-security.kubernetes.io'

interface Watched {
  readonly cluster: TestCluster
  readonly client: Client
  /** What the server warned of since it was last asked. */
  warnings(): readonly string[]
}

/** A cluster whose namespace `shop` has these labels, and a client that hears warnings. */
async function shop(labels: Readonly<Record<string, string>>): Promise<Watched> {
  const cluster = await testCluster({ admission: [podSecurity()] })
  const heard: string[] = []
  const { server } = cluster
  const client = new Client({
    transport: {
      send: (request) => server.send({ ...request, warn: (text) => heard.push(text) }),
      watch: (request, handler) => server.watch(request, handler),
    },
    scheme: cluster.client.scheme,
    user: { username: 'asha' },
    fieldManager: 'test',
  })
  await client.create(namespace('shop', full(labels)))
  return { cluster, client, warnings: () => heard.splice(0) }
}

function full(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`${SECURITY}/${name}`, value]))
}

const namespace = (name: string, labels: Record<string, string>): Namespace =>
  ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) as Namespace

const container = (privileged: boolean): Container => ({ name: 'web', image: 'nginx', securityContext: { privileged } })

const pod = (name: string, privileged: boolean): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { containers: [container(privileged)] },
})

const deployment = (privileged: boolean): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: { containers: [container(privileged)] },
    },
  },
})

const PRIVILEGED = 'privileged (container "web" must not set securityContext.privileged=true)'

describe('pods', () => {
  test('are refused if they break what is enforced', async () => {
    await using cluster = (await shop({ enforce: 'baseline' })).cluster
    await expect(cluster.client.create(pod('bad', true))).rejects.toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `pods "bad" is forbidden: violates PodSecurity "baseline:latest": ${PRIVILEGED}`,
    })
    await cluster.client.create(pod('good', false))
  })

  test('are warned of if they break more than that', async () => {
    const { cluster, client, warnings } = await shop({
      enforce: 'baseline',
      warn: 'restricted',
      'warn-version': 'v1.7',
    })
    await using _ = cluster
    await client.create(pod('good', false))
    expect(warnings()).toEqual([
      'would violate PodSecurity "restricted:v1.7": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)',
    ])
  })

  test('that are there already may be changed where it does not matter', async () => {
    const { cluster, client } = await shop({})
    await using _ = cluster
    await client.create(pod('old', true))
    await client.mergePatch(Namespace, { name: 'shop' }, { metadata: { labels: full({ enforce: 'baseline' }) } })
    const key = { namespace: 'shop', name: 'old' }
    await client.mergePatch(Pod, key, { metadata: { labels: { a: 'b' } } })
    const image = { spec: { containers: [{ ...container(true), image: 'nginx:2', imagePullPolicy: 'Always' }] } }
    await expect(client.mergePatch(Pod, key, image)).rejects.toThrow('violates PodSecurity "baseline:latest"')
  })
})

test('workloads are let in with a warning', async () => {
  const { cluster, client, warnings } = await shop({ enforce: 'baseline' })
  await using _ = cluster
  await client.create(deployment(true))
  expect(warnings()).toEqual([`would violate PodSecurity "baseline:latest": ${PRIVILEGED}`])
})

describe('namespaces', () => {
  test('must have labels that can be read', async () => {
    await using cluster = (await shop({})).cluster
    const wrong = cluster.client.create(namespace('n', full({ enforce: 'strict' })))
    await expect(wrong).rejects.toThrow(
      'Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
    )
  })

  test('warn of the pods that a stricter level would refuse', async () => {
    const { cluster, client, warnings } = await shop({})
    await using _ = cluster
    for (const name of ['c', 'a', 'b']) await client.create(pod(name, true))
    await client.create(pod('d', false))
    const enforce = (level: string): Promise<unknown> =>
      client.mergePatch(Namespace, { name: 'shop' }, { metadata: { labels: full({ enforce: level }) } })
    await enforce('baseline')
    const head = 'existing pods in namespace "shop" violate the new PodSecurity enforce level'
    expect(warnings()).toEqual([`${head} "baseline:latest"`, 'a (and 2 other pods): privileged'])
    await enforce('restricted')
    const rest = 'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile'
    expect(warnings()).toEqual([
      `${head} "restricted:latest"`,
      `a (and 2 other pods): privileged, ${rest}`,
      `d: ${rest}`,
    ])
    await enforce('baseline')
    expect(warnings()).toEqual([])
  })
})
