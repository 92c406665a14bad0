/**
 * What two hops with mutual TLS between them cost: a caller's sidecar and a server's in one process, plain to the first and from
 * the second, beside one HAProxy that does the same with the same certificates and no policy: with a connection for each request
 * that is under way, as sidecars have it, and with HTTP/2 between the hops, where requests share connections as they do in
 * our tunnels. The gate is for the first; the second is what multiplexing can come to. All proxies have core 0; wrk and an nginx that answers one kilobyte
 * share core 1. Rounds are interleaved; the best ones count.
 *
 *     node bench/proxy-mtls.ts [--rounds 3] [--seconds 4]
 */
import { parseArgs } from 'node:util'
import { Identities } from '../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../src/mesh/identity/mesh-authority.ts'
import { realWorld } from '../src/world/real-world.ts'
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
import { haproxyMtlsConfig, nginxBackendConfig } from './proxy/peers.ts'

/** Processor time of a request, as a multiple of HAProxy's. */
const RATIO_MAX = 1.3
/** Of a core, for both hops at the steady rate. Istio publishes 0.20 for each of two sidecars. */
const CORE_SHARE_MAX = 0.1

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '4' } },
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
  const backendConfig = machine.write('backend.conf', nginxBackendConfig(machine.folder, backendPort))
  machine.start(LOAD_CORE, 'nginx', ['-c', backendConfig])
  await untilListening(backendPort)
  const peers = [await startHaproxy(machine, backendPort, 'http/1.1'), await startHaproxy(machine, backendPort, 'h2')]
  const dabba = await startDabba(machine, backendPort)
  const direct: MeasuredProxy['steady'][number][] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const proxy of [...peers, dabba]) await measure(proxy, Number(values.seconds))
    direct.push(await steady(backendPort, undefined, Number(values.seconds)))
  }
  return report(dabba, peers, direct) ? 0 : 1
}

async function startDabba(machine: Machine, backendPort: number): Promise<MeasuredProxy> {
  const serve = builtProgram(new URL('proxy/serve-mtls.ts', import.meta.url))
  const [port, inboundPort] = [await freePort(), await freePort()]
  const args = [serve, ...[port, inboundPort, backendPort].map(String)]
  return startMeasured('dabba', port, () => machine.start(PROXY_CORE, process.execPath, args))
}

async function startHaproxy(machine: Machine, backendPort: number, between: 'http/1.1' | 'h2'): Promise<MeasuredProxy> {
  const world = realWorld({ seed: 'bench' })
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
  const name = `haproxy ${between}`
  const prefix = name.replaceAll(/\W/g, '-')
  const fileOf = (serviceAccount: string): string => {
    const { chain, key } = identities.certificate({ namespace: 'shop', serviceAccount })
    return machine.write(`${prefix}-${serviceAccount}.pem`, chain + key)
  }
  const files = {
    caller: fileOf('web'),
    server: fileOf('cart'),
    root: machine.write(`${prefix}-root.pem`, identities.bundle.pem),
  }
  const [port, inboundPort] = [await freePort(), await freePort()]
  const config = machine.write(`${prefix}.cfg`, haproxyMtlsConfig({ port, inboundPort, backendPort }, files, between))
  return startMeasured(name, port, () => machine.start(PROXY_CORE, 'haproxy', ['-f', config]))
}

function report(dabba: MeasuredProxy, peers: readonly MeasuredProxy[], direct: MeasuredProxy['steady']): boolean {
  const [sameWay = Number.NaN, sharing = Number.NaN] = peers.map((peer) => costOf(dabba) / costOf(peer))
  const coreShare = least(dabba.steady, 'coreShare')
  console.log(
    `proxy-mtls: two hops cost ${sameWay.toFixed(2)} × HAProxy's processor time per request (gate ${RATIO_MAX}; ` +
      `${sharing.toFixed(2)} × with HTTP/2 between its hops), and ${coreShare.toFixed(3)} core at ${STEADY_RATE} requests a second (gate ${CORE_SHARE_MAX})`,
  )
  for (const proxy of [...peers, dabba]) {
    const rounds = proxy.saturated.map(({ microseconds }) => microseconds.toFixed(1)).join(' ')
    const rate = Math.max(...proxy.saturated.map(({ perSecond }) => perSecond))
    const p50Ms = least(proxy.steady, 'p50Ms') - least(direct, 'p50Ms')
    const p99Ms = least(proxy.steady, 'p99Ms') - least(direct, 'p99Ms')
    console.log(
      `  ${proxy.name.padEnd(16)} ${costOf(proxy).toFixed(1).padStart(5)} µs a request (rounds ${rounds}), ` +
        `${(rate / 1_000).toFixed(1)} k/s; at ${STEADY_RATE}/s ${(least(proxy.steady, 'coreShare') * 100).toFixed(1)} % of a core, ` +
        `p50 +${p50Ms.toFixed(2)} ms, p99 +${p99Ms.toFixed(2)} ms, ${residentMegabytes(proxy.pid).toFixed(0)} MB`,
    )
  }
  return sameWay <= RATIO_MAX && coreShare <= CORE_SHARE_MAX
}
