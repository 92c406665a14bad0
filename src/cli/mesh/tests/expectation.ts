import { parseDuration } from '../../../base/duration.ts'
import { printDuration } from '../duration-text.ts'
import type { Destination } from '../destinations.ts'
import type { RouteExplanation } from '../explain-route.ts'
import type { Fault, ForwardOutcome, RouteOutcome } from '../route-outcome.ts'
import { headerChangesText } from '../route-text.ts'
import { Fields, wrong } from './fields.ts'

/** What a test says of an outcome. Each answers with what is otherwise; undefined: it is as expected. */
export type Expectation = readonly Check[]

export type Check = (explanation: RouteExplanation) => string | undefined

type Reader = (fields: Fields, where: string) => Check

/** By name of the field. */
const READERS: Readonly<Record<string, Reader>> = {
  destination: (fields) => destinationCheck(fields.required('destination')),
  subset: (fields) => subsetCheck(fields.required('subset')),
  share: (fields) => shareCheck(fields.map('share')),
  rule: (fields) => ruleCheck(fields.required('rule')),
  status: (fields) => statusCheck(fields.number('status') ?? 0),
  redirect: (fields) => redirectCheck(fields.required('redirect')),
  rewrite: (fields, where) => rewriteCheck(fields, where),
  timeout: (fields, where) => timeoutCheck(fields.required('timeout'), where),
  retries: (fields, where) => retriesCheck(fields, where),
  fault: (fields, where) => faultCheck(fields, where),
  mirror: (fields) => mirrorCheck(fields.required('mirror')),
  tls: (fields) => tlsCheck(fields.required('tls')),
  allowed: (fields) => allowedCheck(fields.flag('allowed') ?? true),
  asks: (fields) => asksCheck(fields.required('asks')),
  deniedBy: (fields) => deniedByCheck(fields.required('deniedBy')),
  requestHeaders: (fields) => headersCheck('requestHeaders', fields.lines('requestHeaders')),
  responseHeaders: (fields) => headersCheck('responseHeaders', fields.lines('responseHeaders')),
}

export function readExpectation(value: unknown, where: string): Expectation {
  const fields = new Fields(value, where, Object.keys(READERS))
  const checks = Object.entries(READERS).flatMap(([name, read]) => (fields.has(name) ? [read(fields, where)] : []))
  if (checks.length === 0) throw wrong(where, '"expect" says nothing')
  return checks
}

/** What comes of a call, in one line. */
export function outcomeLine(outcome: RouteOutcome): string {
  switch (outcome.kind) {
    case 'forward':
    case 'connect':
      return `it goes to ${outcome.destinations.map(destinationName).join(', ')}`
    case 'redirect':
      return `it is redirected with ${outcome.status} to ${outcome.location}`
    case 'respond':
      return `it is answered ${outcome.status}`
    case 'refuse':
      return `${outcome.status ?? 'the connection is closed'}: ${outcome.why}`
  }
}

function destinationCheck(wanted: string): Check {
  return ({ outcome }) => {
    const destinations = destinationsOf(outcome)
    const isAsWanted = destinations.length > 0 && destinations.every((one) => isNamed(one, wanted))
    return isAsWanted ? undefined : `expected to go to ${wanted}, but ${outcomeLine(outcome)}`
  }
}

function subsetCheck(wanted: string): Check {
  return ({ outcome }) => {
    const destinations = destinationsOf(outcome)
    const isAsWanted = destinations.length > 0 && destinations.every(({ subset }) => subset === wanted)
    return isAsWanted ? undefined : `expected subset ${wanted}, but ${outcomeLine(outcome)}`
  }
}

/** Shares may be said with fewer digits than they have. */
const SHARE_TOLERANCE = 0.01

/** By subset, or by host where there are no subsets. */
function shareCheck(wanted: Readonly<Record<string, string>>): Check {
  return ({ outcome }) => {
    const destinations = destinationsOf(outcome)
    const names = Object.keys(wanted)
    const others = destinations.filter((one) => !names.some((name) => isShareOf(one, name)))
    const wrongs = names.flatMap((name) => {
      const share = destinations
        .filter((one) => isShareOf(one, name))
        .reduce((sum, { sharePercent }) => sum + sharePercent, 0)
      const isClose = Math.abs(share - Number.parseFloat(wanted[name] ?? '')) <= SHARE_TOLERANCE
      return isClose ? [] : [`${name} gets ${roundedPercent(share)}, not ${wanted[name] ?? ''}%`]
    })
    const more = others.map((one) => `${destinationName(one)} gets ${roundedPercent(one.sharePercent)}`)
    const all = [...wrongs, ...more]
    return all.length === 0 ? undefined : all.join('; ')
  }
}

function ruleCheck(wanted: string): Check {
  return ({ rules, outcome }) => {
    const taken = rules.find(({ verdict }) => verdict === 'taken')
    if (taken?.name === wanted) return undefined
    const instead =
      taken === undefined ? outcomeLine(outcome) : `rule ${taken.name ?? taken.place.field ?? ''} is taken`
    return `expected rule ${wanted}, but ${instead}`
  }
}

/** An abort of all requests is an answer too. */
function statusCheck(wanted: number): Check {
  return ({ outcome }) => {
    const abort = faultsOf(outcome).find(({ kind, percent }) => kind === 'abort' && percent >= 100)
    const status = abort === undefined ? statusOf(outcome) : abort.status
    return status === wanted ? undefined : `expected status ${wanted}, but ${outcomeLine(outcome)}`
  }
}

function redirectCheck(wanted: string): Check {
  return ({ outcome }) =>
    outcome.kind === 'redirect' && outcome.location === wanted
      ? undefined
      : `expected a redirect to ${wanted}, but ${outcomeLine(outcome)}`
}

function rewriteCheck(fields: Fields, where: string): Check {
  const written = fields.raw('rewrite')
  const wanted =
    typeof written === 'string'
      ? { path: written, host: undefined }
      : hostAndPath(new Fields(written, where, ['path', 'host']))
  return (explanation) => {
    const problems = forwarded(explanation).flatMap(({ path, authority }) => [
      ...(wanted.path === undefined || wanted.path === (path ?? pathOf(explanation))
        ? []
        : [`expected path ${wanted.path}, but it is ${path ?? 'as it was'}`]),
      ...(wanted.host === undefined || wanted.host === authority
        ? []
        : [`expected host ${wanted.host}, but it is ${authority ?? 'as it was'}`]),
    ])
    return problemsOrNotForwarded(explanation, problems)
  }
}

function timeoutCheck(wanted: string, where: string): Check {
  const ms = wanted === 'none' ? 0 : parseDuration(wanted)
  if (ms === undefined) throw wrong(where, `timeout "${wanted}" is no duration`)
  return (explanation) => {
    const { outcome } = explanation
    if (outcome.kind !== 'forward') return problemsOrNotForwarded(explanation, [])
    if (outcome.timeoutMs === ms) return undefined
    return `expected timeout ${wanted}, but it is ${outcome.timeoutMs === 0 ? 'none' : printDuration(outcome.timeoutMs)}`
  }
}

function retriesCheck(fields: Fields, where: string): Check {
  const written = fields.raw('retries')
  const isCount = typeof written === 'number'
  const own = isCount ? undefined : new Fields(written, where, ['attempts', 'perTryTimeout', 'on'])
  const attempts = isCount ? written : own?.number('attempts')
  const perTry = own?.text('perTryTimeout')
  const on = own?.texts('on') ?? []
  return (explanation) => {
    const { outcome } = explanation
    if (outcome.kind !== 'forward') return problemsOrNotForwarded(explanation, [])
    const { retries } = outcome
    const conditions = [...(retries?.retryOn ?? []), ...(retries?.statusCodes ?? []).map(String)]
    const missing = on.filter((condition) => !conditions.includes(condition))
    return problemsOrNotForwarded(explanation, [
      ...(attempts === undefined || attempts === (retries?.attempts ?? 0)
        ? []
        : [`expected ${attempts} retries, but there are ${retries?.attempts ?? 0}`]),
      ...(perTry === undefined || isSameDuration(perTry, retries?.perTryTimeout)
        ? []
        : [`expected ${perTry} for each try, but it is ${retries?.perTryTimeout ?? 'not limited'}`]),
      ...(missing.length === 0
        ? []
        : [`expected retries on ${missing.join(', ')}, but only on ${conditions.join(', ')}`]),
    ])
  }
}

const FAULT_FIELDS = ['delay', 'delayPercent', 'abort', 'abortPercent']

function faultCheck(fields: Fields, where: string): Check {
  if (fields.raw('fault') === 'none') {
    return ({ outcome }) => (faultsOf(outcome).length === 0 ? undefined : 'expected no fault, but there is one')
  }
  const own = new Fields(fields.raw('fault'), where, FAULT_FIELDS)
  const delay = own.text('delay')
  const abort = own.text('abort')
  return ({ outcome }) => {
    const faults = faultsOf(outcome)
    const delays = faults.find(({ kind }) => kind === 'delay')
    const aborts = faults.find(({ kind }) => kind === 'abort')
    const status = aborts?.status ?? aborts?.grpcStatus
    const problems = [
      ...(delay === undefined || parseDuration(delay) === delays?.delayMs
        ? []
        : [
            `expected a delay of ${delay}, but it is ${delays === undefined ? 'none' : printDuration(delays.delayMs ?? 0)}`,
          ]),
      ...(abort === undefined || abort === String(status)
        ? []
        : [`expected an abort with ${abort}, but it is ${status ?? 'none'}`]),
      ...percentProblem('delayed', own.number('delayPercent'), delays),
      ...percentProblem('aborted', own.number('abortPercent'), aborts),
    ]
    return problems.length === 0 ? undefined : problems.join('; ')
  }
}

function percentProblem(word: string, wanted: number | undefined, fault: Fault | undefined): readonly string[] {
  const percent = fault?.percent ?? 0
  return wanted === undefined || wanted === percent ? [] : [`expected ${wanted}% to be ${word}, but it is ${percent}%`]
}

function mirrorCheck(wanted: string): Check {
  return ({ outcome }) => {
    const mirrors = outcome.kind === 'forward' ? outcome.mirrors : []
    const hosts = mirrors.map(({ cluster }) => cluster.split('|')[3] ?? '')
    if (hosts.some((host) => isHostNamed(host, wanted))) return undefined
    return `expected a mirror to ${wanted}, but ${hosts.length === 0 ? 'there is none' : `it is to ${hosts.join(', ')}`}`
  }
}

function tlsCheck(wanted: string): Check {
  return ({ outcome }) => {
    const other = destinationsOf(outcome).find(({ tls }) => tls.mode !== wanted)
    if (other === undefined && destinationsOf(outcome).length > 0) return undefined
    return `expected ${wanted}, but ${other === undefined ? outcomeLine(outcome) : `it is ${other.tls.mode}: ${other.tls.why}`}`
  }
}

/** What the called side says. */
function allowedCheck(wanted: boolean): Check {
  return ({ outcome }) => {
    if (outcome.kind === 'refuse' && outcome.access !== undefined) return wanted ? outcomeLine(outcome) : undefined
    const destinations = destinationsOf(outcome)
    const other = destinations.find(({ access }) => access?.allowed !== wanted)
    if (other === undefined && destinations.length > 0) return undefined
    const instead =
      other?.access?.reason ?? (other === undefined ? outcomeLine(outcome) : 'it is not known who answers')
    return `expected to be ${wanted ? 'allowed' : 'denied'}, but ${instead}`
  }
}

/** A provider of external authorization: a test can say that it is asked, and not what it answers. */
function asksCheck(wanted: string): Check {
  return ({ outcome, asked = [] }) => {
    const questions = [...asked, ...destinationsOf(outcome).flatMap(({ access }) => access?.externalChecks ?? [])]
    const names = questions.map(({ provider }) => provider)
    if (names.includes(wanted)) return undefined
    const instead = names.length === 0 ? 'nobody is' : `it is ${[...new Set(names)].join(', ')}`
    return `expected ${wanted} to be asked, but ${instead}`
  }
}

/** A policy as `NAMESPACE/NAME`; of policies that allow, the one that allows too little. */
function deniedByCheck(wanted: string): Check {
  return ({ outcome }) => {
    const own = outcome.kind === 'refuse' ? [outcome.access ?? []].flat() : []
    const accesses = [...own, ...destinationsOf(outcome).flatMap(({ access }) => access ?? [])]
    const isBy = (title: string | undefined): boolean => title?.endsWith(` ${wanted}`) === true
    const isDenied = accesses.some(
      ({ allowed, policy, missed }) => !allowed && (isBy(policy) || missed.some((rule) => isBy(rule.policy))),
    )
    if (isDenied) return undefined
    return `expected to be denied by ${wanted}, but ${accesses[0]?.reason ?? outcomeLine(outcome)}`
  }
}

/** As they are printed: `set x-page: new`, `remove x-old`. */
function headersCheck(side: 'requestHeaders' | 'responseHeaders', wanted: readonly string[]): Check {
  return (explanation) => {
    const { outcome } = explanation
    const lists =
      outcome.kind === 'respond' ? [outcome.headers] : forwarded(explanation).map((destination) => destination[side])
    const missing = wanted.filter(
      (change) => !lists.every((list) => list.some((one) => headerChangesText([one]) === change)),
    )
    if (missing.length === 0 && lists.length > 0) return undefined
    const actual = lists.map(headerChangesText).join(' | ')
    return `expected ${missing.join('; ')}, but the changes are: ${actual === '' ? 'none' : actual}`
  }
}

function hostAndPath(fields: Fields): { readonly path: string | undefined; readonly host: string | undefined } {
  return { path: fields.text('path'), host: fields.text('host') }
}

function forwarded({ outcome }: RouteExplanation): ForwardOutcome['destinations'] {
  return outcome.kind === 'forward' ? outcome.destinations : []
}

function problemsOrNotForwarded({ outcome }: RouteExplanation, problems: readonly string[]): string | undefined {
  if (outcome.kind !== 'forward') return `expected it to be sent on, but ${outcomeLine(outcome)}`
  return problems.length === 0 ? undefined : problems.join('; ')
}

function destinationsOf(outcome: RouteOutcome): readonly Destination[] {
  return outcome.kind === 'forward' || outcome.kind === 'connect' ? outcome.destinations : []
}

function faultsOf(outcome: RouteOutcome): readonly Fault[] {
  return outcome.kind === 'connect' || outcome.kind === 'refuse' ? [] : outcome.faults
}

/** A destination that is not there is answered 503. */
function statusOf(outcome: RouteOutcome): number | undefined {
  if (outcome.kind === 'redirect' || outcome.kind === 'respond' || outcome.kind === 'refuse') return outcome.status
  const isDead = destinationsOf(outcome).every(({ unreachable }) => unreachable !== undefined)
  return outcome.kind === 'forward' && isDead ? 503 : undefined
}

function destinationName({ host, port, subset }: Destination): string {
  return `${host}${port === 0 ? '' : `:${port}`}${subset === undefined ? '' : ` subset ${subset}`}`
}

/** A host by its full name, or by any beginning of it that ends at a dot; a port only where it is said. */
function isNamed({ host, port }: Destination, wanted: string): boolean {
  const [, name = wanted, said] = /^(.*?)(?::(\d+))?$/.exec(wanted) ?? []
  return isHostNamed(host, name) && (said === undefined || Number(said) === port)
}

function isHostNamed(host: string, name: string): boolean {
  return host === name || host.startsWith(`${name}.`)
}

function isShareOf(destination: Destination, name: string): boolean {
  return destination.subset === name || (destination.subset === undefined && isNamed(destination, name))
}

function roundedPercent(percent: number): string {
  return `${Number(percent.toFixed(2))}%`
}

function isSameDuration(a: string, b: string | undefined): boolean {
  return b !== undefined && parseDuration(a) === parseDuration(b)
}

function pathOf({ url }: RouteExplanation): string {
  return /^[a-z]+:\/\/[^/]+([^?]*)/.exec(url)?.[1] ?? '/'
}
