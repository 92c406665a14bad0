import type { Deployment } from '../src/api/kinds/apps/deployment.ts'
import { Pod } from '../src/api/kinds/core/pod.ts'
import { defaultNodeProfile } from '../src/api/kinds/dabba/node-profile.ts'
import { createPlatform } from '../src/platform.ts'
import { realWorld } from '../src/world/real-world.ts'

/**
 * The first gate of scale: 1,000 nodes, and 10,000 pods of Deployments from their creation through the API until every
 * one is Running and Ready, by the wall clock, everything in this process.
 */
const NODES = 1_000
const DEPLOYMENTS = 100
const REPLICAS = 100
const GATE_SECONDS = 15
const GATE_MEGABYTES = 700

const started = performance.now()
const seconds = (): number => (performance.now() - started) / 1_000
await using platform = await createPlatform({
  world: realWorld(),
  nodes: [defaultNodeProfile(NODES)],
  onError: (where, error) => console.error(`${where}: ${error.message}`),
})
const pods = platform.informers.of(Pod)
for (let index = 0; index < DEPLOYMENTS; index++) await platform.client.create(deployment(index))

let running = 0
let ready = 0
pods.handle({
  added: () => undefined,
  updated(pod, old) {
    if (pod.status?.phase === 'Running' && old.status?.phase !== 'Running') running++
    if (isReady(pod) && !isReady(old)) ready++
  },
})
while (ready < DEPLOYMENTS * REPLICAS && seconds() < 120) {
  await platform.world.clock.sleep(250)
  if (process.argv.includes('--verbose')) {
    const bound = [...pods.values()].filter(({ spec }) => spec.nodeName !== undefined).length
    console.log(
      `${seconds().toFixed(1)} s: ${pods.size} pods, ${bound} bound, ${running} running, ${ready} ready, ${megabytes()} MB`,
    )
  }
}
const tookSeconds = seconds()
const { user, system } = process.cpuUsage()
const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1_024)
console.log(
  `scale: ${NODES} nodes, ${ready} pods Running and Ready in ${tookSeconds.toFixed(1)} s (gate ${GATE_SECONDS} s), ${((user + system) / 1e6).toFixed(1)} s of processor time, ${megabytes()} MB resident, peak ${peakMegabytes} MB (gate ${GATE_MEGABYTES} MB)`,
)
process.exitCode = tookSeconds <= GATE_SECONDS && peakMegabytes <= GATE_MEGABYTES ? 0 : 1

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') === true
}

function megabytes(): number {
  return Math.round(process.memoryUsage.rss() / 1_048_576)
}

function deployment(index: number): Deployment {
  const app = `app-${index}`
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace: 'default' },
    spec: {
      replicas: REPLICAS,
      strategy: {},
      selector: { matchLabels: { app } },
      template: {
        metadata: { name: '', labels: { app } },
        spec: {
          containers: [{ name: 'web', image: 'nginx:1.29', resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
        },
      },
    },
  }
}
