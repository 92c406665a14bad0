/**
 * A long time of requests through a proxy whose configuration changes, whose servers fail and are restarted, and whose clients
 * go away: each request carries a nonce that its answer has to say back. Counts answers that were lost or crossed, and watches
 * descriptors and memory.
 *
 *     node bench/proxy-soak.ts [--minutes 1] [--rate 2000] [--mtls]
 *
 * With --mtls there are two hops, with mutual TLS between them.
 */
import type { ChildProcess } from 'node:child_process'
import { Agent, request as httpRequest } from 'node:http'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { builtProgram } from './proxy/built.ts'
import {
  descriptors,
  freePort,
  HOST,
  LOAD_CORE,
  Machine,
  missing,
  PROXY_CORE,
  residentMegabytes,
  untilListening,
} from './proxy/machine.ts'

const CHANGE_EVERY_MS = 250
const RESTART_EVERY_MS = 7_000
const ANSWER_WITHIN_MS = 20_000
const REPORT_EVERY_MS = 15_000
const OPEN_MAX = 256
/** After the caches are warm, memory may go up and down by so much, but not grow. */
const GROWTH_MEGABYTES_MAX = 40

const counts = { sent: 0, ok: 0, failed: 0, cutOff: 0, left: 0, crossed: 0, lost: 0, broken: 0 }
/** Of answers that say that something failed, by status and what the proxy says about it. */
const failures = new Map<string, number>()

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      rate: { type: 'string', default: '2000' },
      mtls: { type: 'boolean', default: false },
    },
  })
  const absent = missing(['taskset'])
  if (absent.length > 0) {
    console.log(`not run: ${absent.join(', ')} not found`)
    return 0
  }
  using machine = new Machine()
  const ports = [await freePort(), await freePort(), await freePort()]
  const [proxyPort = 0, ...backendPorts] = ports
  const backends = backendPorts.map((port) => startBackend(machine, port))
  const proxy = machine.start(PROXY_CORE, process.execPath, [
    '--expose-gc',
    builtProgram(new URL('proxy/soak-proxy.ts', import.meta.url)),
    values.mtls ? 'mtls' : 'plain',
    ...[proxyPort, CHANGE_EVERY_MS, ...backendPorts].map(String),
  ])
  for (const port of ports) await untilListening(port)
  const restarting = setInterval(() => {
    const index = Math.floor(Math.random() * backends.length)
    backends[index]?.kill('SIGKILL')
    backends[index] = startBackend(machine, backendPorts[index] ?? 0)
  }, RESTART_EVERY_MS)
  const samples = await load(proxy, { port: proxyPort, minutes: Number(values.minutes), rate: Number(values.rate) })
  clearInterval(restarting)
  return judge(samples) ? 0 : 1
}

function startBackend(machine: Machine, port: number): ChildProcess {
  return machine.start(LOAD_CORE, process.execPath, [
    fileURLToPath(new URL('proxy/soak-backend.ts', import.meta.url)),
    String(port),
  ])
}

interface Sample {
  readonly heapMegabytes: number
  readonly residentMegabytes: number
  readonly descriptors: number
}

async function load(
  proxy: ChildProcess,
  { port, minutes, rate }: { readonly port: number; readonly minutes: number; readonly rate: number },
): Promise<readonly Sample[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: OPEN_MAX })
  const samples: Sample[] = []
  const beganMs = performance.now()
  let nextReportMs = beganMs + REPORT_EVERY_MS
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    const now = performance.now()
    if (proxy.exitCode !== null) throw new Error(`the proxy ended with ${proxy.exitCode}`)
    const due = Math.floor(((now - beganMs) / 1_000) * rate)
    // After a pause of the machine no more than a tenth of a second is made up for, and what is not answered yet is
    // waited for: a queue before the proxy would tell nothing about it.
    const mayBegin = Math.min(due - counts.sent, rate / 10, OPEN_MAX - openRequests())
    for (let left = mayBegin; left > 0; left--) send(agent, port)
    if (now >= nextReportMs) {
      nextReportMs += REPORT_EVERY_MS
      samples.push(await sample(proxy))
    }
    if (now - beganMs > minutes * 60_000) break
  }
  const waitUntilMs = performance.now() + ANSWER_WITHIN_MS
  while (openRequests() > 0 && performance.now() < waitUntilMs) await new Promise((resolve) => setTimeout(resolve, 50))
  counts.lost = openRequests()
  agent.destroy()
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  samples.push(await sample(proxy))
  return samples
}

function openRequests(): number {
  const { sent, ok, failed, cutOff, left, crossed, broken } = counts
  return sent - ok - failed - cutOff - left - crossed - broken
}

async function sample(proxy: ChildProcess): Promise<Sample> {
  const told = new Promise<{ readonly heapMegabytes: number; readonly records: number }>((resolve) =>
    proxy.once('message', resolve),
  )
  proxy.send({})
  const { heapMegabytes, records } = await told
  const pid = proxy.pid ?? 0
  const taken = { heapMegabytes, residentMegabytes: residentMegabytes(pid), descriptors: descriptors(pid) }
  console.log(
    `  ${JSON.stringify(counts)} records ${records}, heap ${heapMegabytes.toFixed(1)} MB, ` +
      `resident ${taken.residentMegabytes.toFixed(0)} MB, ${taken.descriptors} descriptors`,
  )
  return taken
}

function send(agent: Agent, port: number): void {
  const nonce = `n${counts.sent++}n`
  const kind = Math.random()
  const body = kind < 0.3 ? 'b'.repeat(Math.floor(kind * 10_000)) : ''
  const headers = { host: 'cart.shop', 'x-nonce': nonce, 'x-user-region': kind < 0.5 ? 'mumbai' : 'pune' }
  const method = body === '' ? 'GET' : 'POST'
  const request = httpRequest({ agent, host: HOST, port, method, path: '/soak', headers })
  let isSettled = false
  const settle = (outcome: keyof typeof counts): void => {
    if (isSettled) return
    isSettled = true
    counts[outcome]++
  }
  // A connection that is cut off before the head of an answer is none of the proxy's: it always answers.
  request.on('error', () => settle('broken'))
  request.on('response', (response) => {
    let text = ''
    response.on('data', (part: Buffer) => (text += part.toString()))
    response.on('error', () => settle('cutOff'))
    response.on('end', () =>
      settle(
        outcomeOf({
          status: response.statusCode ?? 0,
          nonce,
          text,
          told: response.headers['x-nonce'],
          bodyLength: body.length,
        }),
      ),
    )
  })
  request.end(body)
  if (kind > 0.99) {
    setTimeout(() => {
      settle('left')
      request.destroy()
    }, 3)
  }
}

function outcomeOf(answer: {
  readonly status: number
  readonly nonce: string
  readonly text: string
  readonly told: string | string[] | undefined
  readonly bodyLength: number
}): keyof typeof counts {
  const { status, nonce, text, told, bodyLength } = answer
  if (told !== undefined && told !== nonce) return 'crossed'
  if (status !== 200) {
    const said = `${status} ${text}`
    failures.set(said, (failures.get(said) ?? 0) + 1)
    return 'failed'
  }
  return text.startsWith(`${nonce}|${bodyLength}|${nonce}`) && text.replaceAll(nonce, '') === `|${bodyLength}|`
    ? 'ok'
    : 'crossed'
}

function judge(samples: readonly Sample[]): boolean {
  const last = samples.at(-1)
  const early = samples[Math.min(1, samples.length - 1)]
  const grown = (last?.heapMegabytes ?? 0) - (early?.heapMegabytes ?? 0)
  const most = Math.max(...samples.map(({ descriptors: count }) => count))
  console.log(
    `proxy-soak: ${counts.sent} requests, ${counts.lost} lost, ${counts.crossed} crossed, ${counts.broken} without an answer; ` +
      `heap grew by ${grown.toFixed(1)} MB, at most ${most} descriptors, ${last?.descriptors ?? 0} at the end`,
  )
  for (const [said, times] of failures) console.log(`  ${times} × ${said}`)
  return (
    counts.lost + counts.crossed + counts.broken === 0 &&
    grown < GROWTH_MEGABYTES_MAX &&
    (last?.descriptors ?? 0) < most
  )
}
