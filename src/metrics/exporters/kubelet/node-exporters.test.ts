import { expect, test } from 'vitest'
import { Node } from '../../../api/kinds/core/node.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { createPlatform } from '../../../platform.ts'
import { rehearsedWorld } from '../../../world/rehearsed-world.ts'

/** A node with a pod that uses a tenth of the core that it asked for, from five seconds on. */
async function clusterWithPod() {
  const world = rehearsedWorld({ seed: 'nodes' })
  const platform = await createPlatform({ world })
  const { clock } = world
  const { client } = platform
  await clock.advance(5_000)
  const [node] = (await client.list(Node)).items
  const resources = { requests: { cpu: '1', memory: '100Mi' }, limits: { cpu: '2', memory: '200Mi' } }
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cart', namespace: 'default' },
    spec: { containers: [{ name: 'app', image: 'cart:1', resources }] },
  } as Pod)
  await clock.advance(10_000)
  const started = (await client.get(Pod, { namespace: 'default', name: 'cart' }))?.status?.containerStatuses?.[0]
  return {
    platform,
    clock,
    client,
    nodeName: node?.metadata.name ?? '',
    startedAtMs: Date.parse(started?.state?.running?.startedAt ?? ''),
    async page(path: string): Promise<{ readonly status: number; readonly lines: readonly string[] }> {
      const ip = (await client.list(Node)).items[0]?.status?.addresses?.[0]?.address
      const { status, body } = await platform.network.request({ url: `https://${ip}:10250${path}`, method: 'GET' })
      let text = ''
      for await (const chunk of body) text += new TextDecoder().decode(chunk)
      return { status, lines: text.split('\n') }
    },
    [Symbol.asyncDispose]: () => platform.stop(),
  }
}

function valueOf(lines: readonly string[], pattern: RegExp): number {
  const found = lines.filter((line) => pattern.test(line))
  expect(found, String(pattern)).toHaveLength(1)
  return Number(found[0]?.split(' ').at(-1))
}

const CPU = /^container_cpu_usage_seconds_total\{container="app",.*image="docker.io\/library\/cart:1",.*pod="cart"/

test("a container's processor time is the integral of what it uses", async () => {
  await using cluster = await clusterWithPod()
  const before = valueOf((await cluster.page('/metrics/cadvisor')).lines, CPU)
  await cluster.clock.advance(100_000)
  const after = valueOf((await cluster.page('/metrics/cadvisor')).lines, CPU)
  expect(after - before).toBeCloseTo(10, 6)
})

test('memory, limits and the node itself have the names that cAdvisor has', async () => {
  await using cluster = await clusterWithPod()
  const { lines } = await cluster.page('/metrics/cadvisor')
  expect(valueOf(lines, /^container_memory_working_set_bytes\{container="app"/)).toBe(50 * 2 ** 20)
  expect(valueOf(lines, /^container_spec_memory_limit_bytes\{container="app"/)).toBe(200 * 2 ** 20)
  expect(valueOf(lines, /^container_spec_cpu_quota\{container="app"/)).toBe(200_000)
  expect(valueOf(lines, /^machine_cpu_cores /)).toBe(16)
})

test('the processor time of a node does not fall when a pod goes', async () => {
  await using cluster = await clusterWithPod()
  const pattern = /^node_cpu_usage_seconds_total /
  await cluster.clock.advance(60_000)
  const before = valueOf((await cluster.page('/metrics/resource')).lines, pattern)
  await cluster.client.delete(Pod as never, { namespace: 'default', name: 'cart' })
  await cluster.clock.advance(40_000)
  const { lines } = await cluster.page('/metrics/resource')
  expect(valueOf(lines, pattern)).toBeGreaterThanOrEqual(before)
  expect(lines.some((line) => line.includes('pod="cart"'))).toBe(false)
})

test('the kubelet counts what it runs', async () => {
  await using cluster = await clusterWithPod()
  const { lines } = await cluster.page('/metrics')
  expect(valueOf(lines, /^kubelet_running_pods /)).toBe(1)
  expect(valueOf(lines, /^kubelet_running_containers\{container_state="running"\} /)).toBe(1)
})

test('a node that is down is not reached', async () => {
  await using cluster = await clusterWithPod()
  cluster.platform.setNodeFailed(cluster.nodeName, true)
  await expect(cluster.page('/metrics')).rejects.toThrow(/^dial tcp [\d.]+:10250: connect: no route to host$/)
})
