import { expect, test } from 'vitest'
import { explainRoute, type RouteExplanation } from '../../src/cli/mesh/explain-route.ts'
import { type MeshModel, modelOfCluster } from '../../src/cli/mesh/mesh-model.ts'
import { parseDuration } from '../../src/base/duration.ts'
import { guardOf } from '../../src/mesh/authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../../src/mesh/authorize/jwt/key-set.ts'
import { carryOut, type ClientView } from '../../src/mesh/exchange/in-process-driver.ts'
import { Mesh } from '../../src/mesh/exchange/mesh.ts'
import type { ExchangeRecord } from '../../src/mesh/exchange/records.ts'
import type { AttemptStep, MirrorCopy } from '../../src/mesh/exchange/steps.ts'
import { headerListOf, headerRecordOf, headerValue } from '../../src/mesh/route/header-list.ts'
import { withHeaderChanges } from '../../src/mesh/route/headers.ts'
import { SeededRandom } from '../../src/world/random.ts'
import { VirtualClock } from '../../src/world/virtual-clock.ts'
import { type RandomCall, randomCall, randomMesh, type RandomMesh } from './random-mesh.ts'

/** `DABBA_TOLD_CALLS=100000` asks for longer. */
const CALLS = Number(process.env['DABBA_TOLD_CALLS'] ?? 2_000)
const CALLS_PER_MESH = 100
/** Each call is made so often, for chances to show. */
const DRAWS = 6

test('what `dabba mesh route` tells of a request is what happens to it', { timeout: 1_800_000 }, async () => {
  for (let index = 0; index * CALLS_PER_MESH < CALLS; index++) {
    const random = new SeededRandom(`told/${index}`)
    const configuration = randomMesh(random)
    const model = modelOfCluster(configuration.objects, 'shop')
    const driver = new Driver(model, configuration, `dice/${index}`)
    for (let number = 0; number < CALLS_PER_MESH; number++) {
      const call = randomCall(random, configuration)
      const told = explainRoute(model, `${call.from}.shop`, asked(call))
      for (let draw = 0; draw < DRAWS; draw++) {
        const done = await driver.ask(call)
        const why = differenceOf(told, done, call)
        const about = () => JSON.stringify({ mesh: index, call, told: told.outcome, done }, undefined, 1)
        expect(why, why === undefined ? '' : `${why}: ${about()}`).toBeUndefined()
      }
    }
  }
})

function asked({ service, method, path, headers }: RandomCall): Parameters<typeof explainRoute>[2] {
  const [plain = '', query] = path.split('?')
  const target = { path: plain, ...(query !== undefined && { query }) }
  return { scheme: 'http', method, host: service, port: 80, ...target, headers, tls: 'plaintext' }
}

/** What came of a call. */
interface Done {
  readonly answer: ClientView
  readonly record: ExchangeRecord
  readonly attempts: readonly AttemptStep[]
  readonly copies: readonly MirrorCopy[]
}

/** Proxies in process, before pods that are all well. */
class Driver {
  readonly #mesh: Mesh
  readonly #pods: RandomMesh['pods']
  readonly #model: MeshModel
  #records: ExchangeRecord[] = []

  constructor(model: MeshModel, { pods }: RandomMesh, seed: string) {
    const dice = new SeededRandom(seed)
    this.#pods = pods
    this.#model = model
    this.#mesh = new Mesh({
      snapshot: () => model.snapshot,
      dice: () => dice.next(),
      fuses: true,
      guardOf: guardOf({ keys: { keysOf: () => UNOBTAINABLE_KEYS } }),
      observer: {
        exchange: (record) => this.#records.push(record),
        connection: () => undefined,
        uncounted: () => undefined,
      },
    })
  }

  async ask({ from, service, method, path, headers }: RandomCall): Promise<Done> {
    const client = this.#mesh.workloadAt(this.#pods.find(({ name }) => name === from)?.address ?? '')
    const called = this.#model.snapshot.services.get(`${service}.shop.svc.cluster.local`)?.[0]
    if (client === undefined || called === undefined) throw new Error(`no ${from}, or no ${service}`)
    const admission = this.#mesh.proxyOf(client).admit({
      direction: 'outbound',
      destination: { address: called.addresses[0] ?? '', port: 80 },
      source: { address: client.addresses[0] ?? '', port: 40_000 },
      tls: 'plaintext',
      alpn: 'http/1.1',
    })
    if (admission.kind !== 'http') throw new Error(`no HTTP: ${admission.kind}`)
    const list = headerListOf(headers)
    const request = {
      method,
      scheme: 'http',
      authority: service,
      target: path,
      headers: list,
      version: 'HTTP/1.1',
    } as const
    const attempts: AttemptStep[] = []
    const copies: MirrorCopy[] = []
    const clock = new VirtualClock(0)
    const answer = carryOut(admission.exchange(request), {
      clock,
      send: (step) => {
        if ('kind' in step) attempts.push(step)
        else copies.push(step)
        return Promise.resolve({ kind: 'answered', status: 200, headers: ['x-backend', 'yes'], body: 'here' })
      },
    })
    await clock.runUntil(60_000, { eventsMax: 100 })
    const record = this.#records.find(({ reporter }) => reporter === 'source')
    this.#records = []
    if (record === undefined) throw new Error('nobody told of the request')
    return { answer: await answer, record, attempts, copies }
  }
}

/** In what they differ; undefined: in nothing. */
function differenceOf(told: RouteExplanation, done: Done, call: RandomCall): string | undefined {
  const { outcome } = told
  const { answer, record } = done
  const taken = told.rules.find(({ verdict }) => verdict === 'taken')
  if (taken !== undefined && (taken.name ?? '') !== record.routeName) return 'another rule'
  if (record.flags.includes('FI')) return abortDifference(outcome, answer?.status)
  switch (outcome.kind) {
    case 'redirect':
    case 'respond': {
      if (answer?.status !== outcome.status) return 'another status'
      if (outcome.kind === 'respond' && answer.body !== outcome.body && call.method !== 'HEAD') return 'another body'
      const location = outcome.kind === 'redirect' ? outcome.location : undefined
      if (headerValue(answer.headers, 'location') !== location) return 'another location'
      const own = withHeaderChanges({}, outcome.headers)
      return Object.entries(own).every(([name, value]) => headerValue(answer.headers, name) === value)
        ? undefined
        : 'other headers of the answer'
    }
    case 'forward':
      return forwardDifference(outcome, done, call)
    case 'refuse':
      return answer?.status === outcome.status ? undefined : 'not refused so'
    case 'connect':
      return 'told to be no HTTP'
  }
}

function abortDifference(outcome: RouteExplanation['outcome'], status: number | undefined): string | undefined {
  const faults = 'faults' in outcome ? outcome.faults : []
  const isTold = faults.some((fault) => fault.kind === 'abort' && fault.percent > 0 && fault.status === status)
  return isTold ? undefined : 'a fault that was not told'
}

type Forward = Extract<RouteExplanation['outcome'], { kind: 'forward' }>

/** Several destinations may lead to one cluster, and change the request in ways of their own. */
function forwardDifference(outcome: Forward, done: Done, call: RandomCall): string | undefined {
  const { faults, mirrors, destinations } = outcome
  if (faults.some(({ kind, percent }) => kind === 'abort' && percent >= 100)) return 'no fault'
  if (mirrors.length < done.copies.length) return 'more copies'
  const candidates = destinations.filter(
    ({ cluster, sharePercent }) => cluster === done.record.cluster && sharePercent > 0,
  )
  const differences = candidates.map((destination) => destinationDifference(outcome, destination, { done, call }))
  return differences.length === 0 ? 'another destination' : differences.includes(undefined) ? undefined : differences[0]
}

function destinationDifference(
  { timeoutMs, retries }: Forward,
  destination: Forward['destinations'][number],
  { done, call }: { readonly done: Done; readonly call: RandomCall },
): string | undefined {
  const { answer, record, attempts } = done
  const { unreachable, access, tls, authority, path } = destination
  if (unreachable !== undefined) {
    return answer?.status === 503 && record.flags.includes(unreachable.flag) ? undefined : 'it is reached'
  }
  if (access?.allowed === false) return answer?.status === 403 || answer?.status === 503 ? undefined : 'allowed'
  const [attempt] = attempts
  if (answer?.status !== 200 || attempt === undefined) return `answered ${answer?.status}`
  const limits = [timeoutMs, parseDuration(retries?.perTryTimeout ?? '0s') ?? 0].filter((ms) => ms > 0)
  if (attempt.timeoutMs !== (limits.length === 0 ? 0 : Math.min(...limits))) return 'another time limit'
  if ((tls.mode === 'mutual TLS') !== record.isMutualTls) return 'another transport'
  const { head } = attempt
  if (head.authority !== (authority ?? call.service)) return 'another authority'
  if (head.target.split('?')[0] !== (path ?? call.path.split('?')[0])) return 'another path'
  return headerDifference(destination, head.headers, { answered: answer.headers, call })
}

function headerDifference(
  { requestHeaders, responseHeaders }: Forward['destinations'][number],
  sent: readonly string[],
  { answered, call }: { readonly answered: readonly string[]; readonly call: RandomCall },
): string | undefined {
  const wanted = withHeaderChanges(call.headers, requestHeaders)
  const seen = headerRecordOf(sent)
  // What is said to the proxy itself is not passed on.
  const names = [...Object.keys(call.headers), ...Object.keys(wanted)].filter((name) => !name.startsWith('x-envoy-'))
  const other = names.find((name) => seen[name] !== wanted[name]?.replace('%REQ(:METHOD)%', call.method))
  if (other !== undefined) return `another header ${other} of the request`
  const back = withHeaderChanges({ 'x-backend': 'yes' }, responseHeaders)
  const shown = headerRecordOf(answered)
  const changed = ['x-backend', ...Object.keys(back)].find((name) => shown[name] !== back[name])
  return changed === undefined ? undefined : `another header ${changed} of the answer`
}
