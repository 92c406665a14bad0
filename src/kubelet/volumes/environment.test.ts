import { expect, test } from 'vitest'
import { container, kubeletCluster } from '../../../test/support/kubelet-cluster.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Container, PodSpec } from '../../api/types.generated.ts'
import { environmentOf } from './environment.ts'
import { References } from './references.ts'
import { filesOf } from './volume-files.ts'

async function resolved(web: Partial<Container>, spec: Partial<PodSpec> = {}) {
  const cluster = await kubeletCluster()
  const object = (kind: string, name: string, rest: object): ApiObject =>
    ({ apiVersion: 'v1', kind, metadata: { namespace: 'default', name }, ...rest }) as ApiObject
  await cluster.client.create(object('Secret', 'db', { data: { user: btoa('root'), password: btoa('p@ss') } }))
  await cluster.client.create(object('ConfigMap', 'app', { data: { MODE: 'fast', 'log-level': 'info' } }))
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  await cluster.client.create(object('Service', 'api-server', { spec: { clusterIP: '10.96.0.9', ports } }))
  const pod = await cluster.pod(
    'app',
    { containers: [container('web', web)], ...spec },
    { labels: { app: 'x', tier: 'front' }, annotations: { note: 'a "b"' } },
  )
  const context = { pod, podIp: '10.244.0.9', hostIp: '172.18.0.2', allocatable: { cpu: '16', memory: '64Gi' } }
  const references = new References(cluster.informers)
  return { cluster, context, references, container: pod.spec.containers[0]! }
}

test('variables come from values, references, maps and services, later ones seeing earlier ones', async () => {
  const {
    cluster,
    context,
    references,
    container: web,
  } = await resolved({
    envFrom: [{ configMapRef: { name: 'app' } }, { prefix: 'DB_', secretRef: { name: 'db' } }],
    env: [
      { name: 'HOST', value: 'db.local' },
      { name: 'URL', value: 'mongo://$(DB_user):$(DB_password)@$(HOST)/$(UNKNOWN)?$$(HOST)' },
      { name: 'MODE', value: '$(MODE)er' },
      { name: 'API', value: 'http://$(API_SERVER_SERVICE_HOST):$(API_SERVER_SERVICE_PORT)' },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'TIER', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
      { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'CPU_MILLI', valueFrom: { resourceFieldRef: { resource: 'requests.cpu', divisor: '1m' } } },
      { name: 'MEMORY_MI', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
    ],
    resources: { requests: { cpu: '250m' }, limits: { cpu: '1500m' } },
  })
  await using _ = cluster
  const environment = environmentOf(context, web, references)
  if ('problem' in environment) expect.unreachable(environment.problem)
  expect(environment.values()).toMatchObject({
    MODE: 'faster',
    'log-level': 'info',
    DB_user: 'root',
    HOST: 'db.local',
    URL: 'mongo://root:p@ss@db.local/$(UNKNOWN)?$(HOST)',
    API: 'http://10.96.0.9:80',
    PASSWORD: 'p@ss',
    POD_NAME: 'app',
    POD_IP: '10.244.0.9',
    TIER: 'front',
    CPUS: '2',
    CPU_MILLI: '250',
    MEMORY_MI: '65536',
    API_SERVER_SERVICE_HOST: '10.96.0.9',
    API_SERVER_SERVICE_PORT_HTTP: '80',
    API_SERVER_PORT: 'tcp://10.96.0.9:80',
    API_SERVER_PORT_80_TCP_ADDR: '10.96.0.9',
  })
})

test('a pod that wants no service links hears of none', async () => {
  const { cluster, context, references, container: web } = await resolved({}, { enableServiceLinks: false })
  await using _ = cluster
  const environment = environmentOf(context, web, references)
  if ('problem' in environment) expect.unreachable(environment.problem)
  expect(environment.values()).toEqual({})
})

test('files come from secrets, config maps and the pod itself', async () => {
  const { cluster, context, references } = await resolved({ resources: { limits: { memory: '1Gi' } } })
  await using _ = cluster
  const read = filesOf(
    {
      name: 'all',
      projected: {
        sources: [
          { secret: { name: 'db', items: [{ key: 'password', path: 'secret/pw' }] } },
          { configMap: { name: 'app' } },
          {
            downwardAPI: {
              items: [
                { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
                { path: 'note', fieldRef: { fieldPath: 'metadata.annotations' } },
                { path: 'memory', resourceFieldRef: { containerName: 'web', resource: 'limits.memory' } },
              ],
            },
          },
        ],
      },
    },
    context,
    references,
  )
  if ('problem' in read) expect.unreachable(read.problem)
  const texts = Object.fromEntries(
    Object.entries(read.files).map(([path, bytes]) => [path, Buffer.from(bytes).toString()]),
  )
  expect(texts).toEqual({
    'secret/pw': 'p@ss',
    MODE: 'fast',
    'log-level': 'info',
    labels: 'app="x"\ntier="front"',
    note: 'note="a \\"b\\""',
    memory: '1073741824',
  })
})
