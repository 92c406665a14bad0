import { Resolver } from 'node:dns/promises'
import { expect, test } from 'vitest'
import { container, kubeletCluster } from '../../../test/support/kubelet-cluster.ts'
import type { ApiObject } from '../../api/object.ts'
import { RealClock } from '../../world/real-clock.ts'
import { RealNetwork } from '../../world/real-network.ts'
import { HostNetwork } from './host-network.ts'

test('a client on the host finds a Service by its name, and a simulated pod answers', async () => {
  await using cluster = await kubeletCluster()
  const { client, informers, network, world } = cluster
  await cluster.pod('web', { containers: [container('app', { ports: [{ containerPort: 18_080 }] })] })
  await cluster.clock.advance(2_000)
  const ip = (await cluster.get('web'))?.status?.podIP ?? ''
  const port = { name: 'http', port: 18_081, protocol: 'TCP' }
  await client.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { clusterIP: '10.96.4.7', clusterIPs: ['10.96.4.7'], ports: [port] },
  } as ApiObject)
  await client.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports: [{ ...port, port: 18_080 }],
  } as ApiObject)
  const failures: string[] = []
  await using host = new HostNetwork({
    network,
    informers,
    world: { ...world, clock: new RealClock() },
    onError: ({ message }) => failures.push(message),
  })
  await host.start()
  await host.settled()

  const resolver = new Resolver()
  resolver.setServers([`127.0.0.1:${host.dnsPort}`])
  const [address = ''] = await resolver.resolve4('web.default.svc.cluster.local')
  expect(address).toBe('127.96.4.7')
  expect(await resolver.reverse(address)).toEqual(['web.default.svc.cluster.local'])
  const url = `http://${address}:18081/cart`
  const { status, body } = await new RealNetwork().request({ url, method: 'GET', headers: { connection: 'close' } })
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  expect({ status, text }).toEqual({ status: 200, text: 'default/web answers GET /cart\n' })
  expect(host.list().map(({ name }) => name)).toEqual([`pod/${ip}:18080`, 'service/default/web/10.96.4.7:18081'])
  expect(failures).toEqual([])
})
