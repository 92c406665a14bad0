import { Deployment } from '../../src/api/kinds/apps/deployment.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { type TestCluster, startCluster } from '../../src/testing.ts'

const MINUTE_MS = 60_000

/** Two hundred objects of a shop, by kind. */
export function shopManifests(): readonly ApiObject[] {
  const objects: ApiObject[] = [object('v1', 'Namespace', 'shop', {})]
  for (let index = 0; index < 20; index++) {
    const app = `app-${index}`
    objects.push(
      inShop('v1', 'ServiceAccount', app, {}),
      inShop('v1', 'ConfigMap', app, { data: { index: String(index) } }),
      inShop('v1', 'Secret', app, { stringData: { password: `p-${index}` } }),
      inShop('v1', 'Service', app, { spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] } }),
      inShop('apps/v1', 'Deployment', app, {
        spec: { replicas: 1 + (index % 4), selector: { matchLabels: { app } }, template: template(app) },
      }),
      inShop('policy/v1', 'PodDisruptionBudget', app, {
        spec: { maxUnavailable: 1, selector: { matchLabels: { app } } },
      }),
      inShop('networking.k8s.io/v1', 'NetworkPolicy', app, { spec: { podSelector: { matchLabels: { app } } } }),
    )
  }
  for (let index = 0; index < 14; index++) {
    const app = `task-${index}`
    objects.push(
      inShop('batch/v1', 'Job', app, {
        spec: { completions: 2, template: { spec: { restartPolicy: 'Never', containers: [container(app)] } } },
      }),
      inShop('batch/v1', 'CronJob', `cron-${index}`, {
        spec: {
          schedule: `${index} * * * *`,
          jobTemplate: { spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [container(app)] } } } },
        },
      }),
      inShop('apps/v1', 'StatefulSet', `set-${index}`, {
        spec: {
          serviceName: `set-${index}`,
          replicas: 2,
          selector: { matchLabels: { app: `set-${index}` } },
          template: template(`set-${index}`),
        },
      }),
    )
  }
  for (let index = 0; index < 16; index++)
    objects.push(inShop('v1', 'ConfigMap', `flag-${index}`, { data: { on: 'true' } }))
  objects.push(
    inShop('apps/v1', 'DaemonSet', 'shipper', {
      spec: { selector: { matchLabels: { app: 'shipper' } }, template: template('shipper') },
    }),
  )
  return objects
}

/** An hour of the shop with things going wrong: pods killed, a node dead for ten minutes, a bad release rolled back. */
export async function runSaleDay(seed: string): Promise<TestCluster> {
  const cluster = await startCluster({ seed, nodes: 5 })
  const dice = cluster.platform.world.random.fork('faults')
  await cluster.apply(shopManifests())
  await cluster.advance(5 * MINUTE_MS)
  for (let minute = 0; minute < 20; minute++) {
    if (minute === 3) cluster.failNode('node-2')
    if (minute === 13) cluster.healNode('node-2')
    if (minute === 5) await setImage(cluster, 'app-3', 'registry.example/app-3:v2')
    const { items: pods } = await cluster.client.list(Pod, { namespace: 'shop' })
    const victim = pods[dice.below(pods.length)]
    if (victim !== undefined) await cluster.client.deleteObject(victim)
    await cluster.advance(MINUTE_MS)
  }
  await cluster.advance(35 * MINUTE_MS)
  return cluster
}

async function setImage(cluster: TestCluster, name: string, image: string): Promise<void> {
  const spec = { template: { spec: { containers: [{ name, image }] } } }
  const patch = { type: 'application/strategic-merge-patch+json', body: { spec } } as const
  await cluster.client.patch(Deployment, { namespace: 'shop', name }, patch)
}

function template(app: string): object {
  return { metadata: { labels: { app } }, spec: { containers: [container(app)] } }
}

function container(name: string): object {
  return { name, image: `registry.example/${name}:v1`, resources: { requests: { cpu: '100m', memory: '64Mi' } } }
}

function inShop(apiVersion: string, kind: string, name: string, rest: object): ApiObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...rest }
}

function object(apiVersion: string, kind: string, name: string, rest: object): ApiObject {
  return { apiVersion, kind, metadata: { name }, ...rest }
}
