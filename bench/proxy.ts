/**
 * What a hop costs: a sidecar with routes, retries, outlier detection, an authorization policy and metrics, beside HAProxy,
 * nginx, and node:http with a keep-alive agent or with undici, which only pass on. The proxy has core 0; wrk and an nginx that
 * answers one kilobyte share core 1. Rounds are interleaved, so that a busy machine is so for all; ratios of the best rounds
 * count.
 *
 *     node bench/proxy.ts [--rounds 3] [--seconds 4] [--skip-connections]
 */
import type { ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'
import { manyConnections } from './proxy/many-connections.ts'
import { builtProgram } from './proxy/built.ts'
import {
  freePort,
  LOAD_CORE,
  Machine,
  missing,
  PROXY_CORE,
  residentMegabytes,
  untilListening,
} from './proxy/machine.ts'
import { costOf, least, measure, type MeasuredProxy, startMeasured, STEADY_RATE, steady } from './proxy/measured.ts'
import { haproxyConfig, nginxBackendConfig, nginxProxyConfig } from './proxy/peers.ts'

/** Processor time of a request, as a multiple of HAProxy's. */
const RATIO_MAX = 1.5

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '4' },
      'skip-connections': { type: 'boolean', default: false },
    },
  })
  const absent = missing(['haproxy', 'nginx', 'wrk', 'taskset'])
  if (absent.length > 0) {
    console.log(
      `not run: ${absent.join(', ')} not found; on Debian: apt-get install haproxy nginx-light wrk util-linux`,
    )
    return 0
  }
  using machine = new Machine()
  const backendPort = await freePort()
  machine.start(LOAD_CORE, 'nginx', [
    '-c',
    machine.write('backend.conf', nginxBackendConfig(machine.folder, backendPort)),
  ])
  await untilListening(backendPort)
  const proxies = await startAll(machine, backendPort)
  const direct: MeasuredProxy['steady'][number][] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const proxy of proxies) await measure(proxy, Number(values.seconds))
    direct.push(await steady(backendPort, undefined, Number(values.seconds)))
  }
  const isMet = report(proxies, direct)
  if (values['skip-connections']) return isMet ? 0 : 1
  const dabba = proxies.find(({ name }) => name === 'dabba')
  return dabba !== undefined && (await manyConnections(dabba)) && isMet ? 0 : 1
}

async function startAll(machine: Machine, backendPort: number): Promise<readonly MeasuredProxy[]> {
  const serve = builtProgram(new URL('proxy/serve.ts', import.meta.url))
  const starts: readonly (readonly [string, (port: number) => ChildProcess])[] = [
    [
      'haproxy',
      (port) =>
        machine.start(PROXY_CORE, 'haproxy', ['-f', machine.write('haproxy.cfg', haproxyConfig(port, backendPort))]),
    ],
    [
      'nginx',
      (port) =>
        machine.start(PROXY_CORE, 'nginx', [
          '-c',
          machine.write('proxy.conf', nginxProxyConfig(machine.folder, port, backendPort)),
        ]),
    ],
    [
      'dabba',
      (port) => machine.start(PROXY_CORE, process.execPath, [serve, 'dabba', String(port), String(backendPort)]),
    ],
    [
      'node:http',
      (port) => machine.start(PROXY_CORE, process.execPath, [serve, 'node', String(port), String(backendPort)]),
    ],
    [
      'undici',
      (port) => machine.start(PROXY_CORE, process.execPath, [serve, 'undici', String(port), String(backendPort)]),
    ],
  ]
  const proxies: MeasuredProxy[] = []
  for (const [name, start] of starts) {
    const port = await freePort()
    proxies.push(await startMeasured(name, port, () => start(port)))
  }
  return proxies
}

function report(proxies: readonly MeasuredProxy[], direct: readonly MeasuredProxy['steady'][number][]): boolean {
  const reference = proxies.find(({ name }) => name === 'haproxy')
  const base = reference === undefined ? Number.NaN : costOf(reference)
  const directP50 = least(direct, 'p50Ms')
  const directP99 = least(direct, 'p99Ms')
  const dabba = proxies.find(({ name }) => name === 'dabba')
  const cost = dabba === undefined ? Number.NaN : costOf(dabba)
  const ratio = cost / base
  const [agentRatio = Number.NaN, undiciRatio = Number.NaN] = ['node:http', 'undici'].map((peer) => {
    const proxy = proxies.find(({ name }) => name === peer)
    return proxy === undefined ? Number.NaN : cost / costOf(proxy)
  })
  console.log(
    `proxy: ${ratio.toFixed(2)} × HAProxy's processor time per request with full policy (gate ${RATIO_MAX}), ` +
      `${agentRatio.toFixed(2)} × that of node:http with a keep-alive agent and ${undiciRatio.toFixed(2)} × with undici, ` +
      `which have no policy`,
  )
  for (const proxy of proxies) {
    const rounds = proxy.saturated.map(({ microseconds }) => microseconds.toFixed(1)).join(' ')
    const rate = Math.max(...proxy.saturated.map(({ perSecond }) => perSecond))
    const added = `p50 +${(least(proxy.steady, 'p50Ms') - directP50).toFixed(2)} ms, p99 +${(least(proxy.steady, 'p99Ms') - directP99).toFixed(2)} ms`
    console.log(
      `  ${proxy.name.padEnd(10)} ${costOf(proxy).toFixed(1).padStart(5)} µs a request (rounds ${rounds}), ` +
        `${(rate / 1_000).toFixed(1)} k/s; at ${STEADY_RATE}/s ${(least(proxy.steady, 'coreShare') * 100).toFixed(1)} % of a core, ` +
        `${added}, ${residentMegabytes(proxy.pid).toFixed(0)} MB`,
    )
  }
  return ratio <= RATIO_MAX && agentRatio < 1 && undiciRatio < 1
}
