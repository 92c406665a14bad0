import { expect, test } from 'vitest'
import { container, kubeletCluster, type KubeletCluster } from '../../test/support/kubelet-cluster.ts'
import { Pod } from '../api/kinds/core/pod.ts'
import type { Container, PodSpec } from '../api/types.generated.ts'
import { SeededRandom } from '../world/random.ts'
import type { Random } from '../world/random.ts'

const NODES = 4
const STEPS = 80

/**
 * Whatever happens to pods and nodes:
 *  1. nothing is thrown, and every status that is written is valid;
 *  2. a phase never goes back from Succeeded or Failed;
 *  3. restart counts never fall;
 *  4. when all pods are deleted and the nodes are well, all pods go.
 */
test.each(['a', 'b', 'c', 'd', 'e', 'f'])('a life of accidents, seed %s', async (seed) => {
  await using cluster = await kubeletCluster({ seed, nodes: NODES })
  const dice = new SeededRandom(seed)
  teach(cluster)
  const names: string[] = []
  for (let step = 0; step < STEPS; step++) {
    if (dice.below(3) > 0) {
      const name = `pod-${step}`
      names.push(name)
      await cluster.pod(name, randomSpec(dice), dice.below(8) === 0 ? { finalizers: ['example.com/hold'] } : {})
    }
    await accident(cluster, dice, names)
    await cluster.clock.advance(dice.below(20_000))
  }
  for (let node = 1; node <= NODES; node++) cluster.kubelets.setFault(`node-${node}`, undefined)
  for (const name of names) {
    const pod = await cluster.get(name)
    if (pod === undefined) continue
    if (pod.metadata.finalizers !== undefined) {
      await cluster.client.update({ ...pod, metadata: { ...pod.metadata, finalizers: [] } })
    }
    if ((await cluster.get(name)) !== undefined) await cluster.client.delete(Pod, { namespace: 'default', name })
  }
  await cluster.clock.advance(120_000)
  const { items } = await cluster.client.list(Pod)
  expect(cluster.failures.map(String)).toEqual([])
  expect(items.map(({ metadata }) => metadata.name)).toEqual([])
  for (const name of names) checkHistory(cluster.history(name))
})

function checkHistory(history: readonly Pod[]): void {
  let phase = 'Pending'
  const restarts = new Map<string, number>()
  for (const { status, metadata } of history) {
    const next = status?.phase ?? 'Pending'
    const isFinal = phase === 'Succeeded' || phase === 'Failed'
    expect(isFinal ? next : phase, `${metadata.name}: from ${phase} to ${next}`).toBe(phase)
    phase = next
    for (const { name, restartCount } of [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ]) {
      expect(restartCount, `${metadata.name}/${name}`).toBeGreaterThanOrEqual(restarts.get(name) ?? 0)
      restarts.set(name, restartCount)
    }
  }
}

async function accident(cluster: KubeletCluster, dice: Random, names: readonly string[]): Promise<void> {
  const name = names[dice.below(names.length)]
  const node = `node-${1 + dice.below(NODES)}`
  switch (dice.below(8)) {
    case 0:
    case 1:
      if (name !== undefined && (await cluster.get(name)) !== undefined) {
        const gracePeriodSeconds = [undefined, 0, 1, 5][dice.below(4)]
        const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }
        await cluster.client.delete(Pod, { namespace: 'default', name }, options)
      }
      break
    case 2:
      cluster.kubelets.setFault(node, dice.below(2) === 0 ? 'down' : 'unreachable')
      break
    case 3:
    case 4:
      cluster.kubelets.setFault(node, undefined)
      break
    case 5:
      await cluster.client
        .create({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'default', name: `s-${dice.below(3)}` } })
        // It may be there already.
        .catch(() => undefined)
      break
    default:
  }
}

function randomSpec(dice: Random): Partial<PodSpec> {
  const policy = ['Always', 'OnFailure', 'Never'][dice.below(3)] ?? 'Always'
  const init = dice.below(3) === 0 ? [randomContainer('init', dice)] : []
  const sidecar = dice.below(3) === 0 ? [{ ...randomContainer('proxy', dice), restartPolicy: 'Always' }] : []
  const second = dice.below(3) === 0 ? [randomContainer('second', dice)] : []
  return {
    nodeName: `node-${1 + dice.below(NODES)}`,
    restartPolicy: policy,
    terminationGracePeriodSeconds: dice.below(30),
    initContainers: [...init, ...sidecar],
    containers: [randomContainer('web', dice), ...second],
    ...(dice.below(6) === 0 ? { activeDeadlineSeconds: 1 + dice.below(60) } : {}),
    ...(dice.below(5) === 0 ? { volumes: [{ name: 'v', secret: { secretName: `s-${dice.below(3)}` } }] } : {}),
  }
}

function randomContainer(name: string, dice: Random): Container {
  const image = ['steady:1', 'crash:1', 'quick:1', 'stubborn:1', 'missing:1', 'leak:1'][dice.below(6)] ?? ''
  const probe = { httpGet: { port: 80 }, periodSeconds: 1 + dice.below(10) }
  const isProbed = name !== 'init'
  return container(name, {
    image,
    ...(isProbed && dice.below(2) === 0 ? { readinessProbe: probe } : {}),
    ...(isProbed && dice.below(3) === 0 ? { livenessProbe: probe } : {}),
    ...(isProbed && dice.below(4) === 0 ? { startupProbe: probe } : {}),
    ...(isProbed && dice.below(4) === 0 ? { lifecycle: { preStop: { sleep: { seconds: 0 } } } } : {}),
    ...(dice.below(4) === 0
      ? { env: [{ name: 'S', valueFrom: { secretKeyRef: { name: `s-${dice.below(3)}`, key: 'k' } } }] }
      : {}),
    ...(dice.below(2) === 0
      ? { resources: { requests: { cpu: '500m', memory: '64Mi' }, limits: { memory: '128Mi' } } }
      : {}),
  })
}

function teach(cluster: KubeletCluster): void {
  cluster.model('crash', {
    selector: { images: ['crash:*'] },
    runs: [{ exitAfter: '7s', failurePercent: 70, jitterPercent: 90 }],
  })
  cluster.model('quick', {
    selector: { images: ['quick:*'] },
    runs: [{ exitAfter: '0s' }],
    start: { createAfter: '0s' },
  })
  cluster.model('stubborn', { selector: { images: ['stubborn:*'] }, termination: { ignoresSignal: true } })
  cluster.model('missing', {
    selector: { images: ['missing:*'] },
    image: { pullError: { message: 'gone', attempts: 3 } },
  })
  cluster.model('sick', {
    selector: { images: ['s*'] },
    start: { readyAfter: '5s', startedAfter: '3s', jitterPercent: 50 },
    probes: {
      liveness: [{ from: '20s', until: '60s', repeatEvery: '2m' }],
      readiness: [{ from: '10s', until: '15s', result: 'Timeout' }],
    },
  })
  cluster.model('leak', {
    selector: { images: ['leak:*'] },
    usage: { memory: { points: [{ value: '32Mi' }], growth: { amount: '3Mi', every: '1s' } } },
  })
}
