import { describe, expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { Service } from '../../api/kinds/core/service.ts'
import type { ApiObject } from '../../api/object.ts'
import { locatePrometheus } from './locate-prometheus.ts'

const ADAPTER = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name: 'metrics' },
  spec: {
    selector: { matchLabels: { app: 'adapter' } },
    template: {
      metadata: { labels: { app: 'adapter' } },
      spec: {
        containers: [
          {
            name: 'adapter',
            image: 'registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0',
            args: ['--secure-port=6443', '--prometheus-url=https://prom:9091/'],
          },
        ],
      },
    },
  },
} as ApiObject

function service(name: string, ports: readonly object[]): ApiObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec: { ports } } as ApiObject
}

describe('locatePrometheus', () => {
  test.each([
    ['a Service of its name', [service('prometheus', [{ port: 9090 }])], 'http://prometheus.default.svc:9090'],
    [
      'a port by its name',
      [service('prometheus-k8s', [{ name: 'web', port: 80 }])],
      'http://prometheus-k8s.default.svc:80',
    ],
    ['no Service of the adapter', [service('prometheus-adapter', [{ port: 9090 }])], undefined],
    ['no Service without such a port', [service('prometheus-node-exporter', [{ port: 9100 }])], undefined],
    [
      "the adapter's own word before any Service",
      [ADAPTER, service('prometheus', [{ port: 9090 }])],
      'https://prom:9091/',
    ],
  ])('takes %s', async (_what, objects, url) => {
    await using cluster = await testCluster()
    const { client, informers } = cluster
    for (const kind of [Deployment, Service]) informers.of(kind as never)
    for (const object of objects) await client.create(object)
    await informers.synced()
    if (url === undefined) expect(() => locatePrometheus(informers)).toThrow('there is no Prometheus in the cluster')
    else expect(locatePrometheus(informers)).toBe(url)
  })
})
