import { printDuration } from './duration-text.ts'
import type { HeaderChange } from '../../mesh/route/headers.ts'
import type { RetryPolicy } from '../../mesh/route/retry.ts'
import type { Output } from '../command.ts'
import type { Access } from './access.ts'
import type { ConsideredRule } from './considered.ts'
import type { Destination } from './destinations.ts'
import type { RouteExplanation } from './explain-route.ts'
import type { Fault, ForwardOutcome, RouteOutcome } from './route-outcome.ts'
import { labelled, type Row, tableLines } from './layout.ts'
import { placeText } from './places.ts'
import { questionsText } from './questions-text.ts'
import { silentText } from './silent-text.ts'

/** What becomes of a call, for people. */
export function routeText(explanation: RouteExplanation, { all, out }: { all: boolean; out: Output }): string {
  const { from, method, url, headers, outcome } = explanation
  const lines = [
    out.bold(`${method === undefined ? '' : `${method} `}${url}`),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `from ${from}`,
    '',
    ...whereText(explanation, out),
    ...outcomeText(outcome, out),
    ...(explanation.meantHost === undefined ? [] : labelled('', `did you mean ${explanation.meantHost}?`, out)),
    ...rulesText(explanation, { all, out }),
    ...assumptionsText(explanation.assumptions, out),
  ]
  return lines.join('\n')
}

/** What was taken for granted, as its own paragraph. */
export function assumptionsText(assumptions: readonly string[], out: Output): readonly string[] {
  if (assumptions.length === 0) return []
  const title = out.paint('yellow', 'Taken for granted, as the files do not say it:')
  return ['', title, ...assumptions.map((note) => `  ${note}`)]
}

/** As few digits as tell shares apart. */
export function percentText(percent: number): string {
  return `${Number(percent.toFixed(4))}%`
}

export function headerChangesText(changes: readonly HeaderChange[]): string {
  return changes
    .map((change) =>
      change.op === 'remove' ? `remove ${change.name}` : `${change.op} ${change.name}: ${change.value}`,
    )
    .join('; ')
}

export function faultText({ kind, percent, delayMs = 0, status, grpcStatus }: Fault): string {
  const what = kind === 'delay' ? `wait ${printDuration(delayMs)}` : `are answered ${status ?? grpcStatus ?? ''}`
  return `${percentText(percent)} ${what}`
}

export function retriesText({ attempts, perTryTimeout, retryOn, statusCodes }: RetryPolicy): string {
  const each = perTryTimeout === undefined ? '' : `, each within ${perTryTimeout}`
  const on = [...retryOn, ...statusCodes].join(', ')
  return `${attempts}${each}, on ${on}`
}

function whereText({ listener, virtualHost, rules, asked = [] }: RouteExplanation, out: Output): readonly string[] {
  const taken = rules.find(({ verdict }) => verdict === 'taken')
  return [
    ...(listener === undefined ? [] : labelled('listener', listener, out)),
    ...(virtualHost === undefined ? [] : labelled('virtual host', virtualHost, out)),
    ...(taken === undefined ? [] : labelled('decided by', ruleTitle(taken), out)),
    ...(taken === undefined ? [] : labelled('', `it matches ${taken.match}`, out)),
    ...questionsText('goes on if', asked, out),
  ]
}

function ruleTitle({ virtualService, name, place }: ConsideredRule): string {
  const rule = name === undefined || name === '' ? 'a rule' : `rule ${name}`
  return `${rule} of ${virtualService}, ${placeText(place)}`
}

function outcomeText(outcome: RouteOutcome, out: Output): readonly string[] {
  switch (outcome.kind) {
    case 'forward':
      return forwardText(outcome, out)
    case 'connect':
      return ['', ...outcome.destinations.flatMap((destination) => destinationText(destination, out))]
    case 'redirect':
      return [
        ...faultsText(outcome.faults, out),
        ...labelled('answer', redirectText(outcome), out),
        ...(outcome.headers.length === 0 ? [] : labelled('', headerChangesText(outcome.headers), out)),
      ]
    case 'respond':
      return [
        ...faultsText(outcome.faults, out),
        ...labelled('answer', responseText(outcome), out),
        ...(outcome.headers.length === 0 ? [] : labelled('', headerChangesText(outcome.headers), out)),
      ]
    case 'refuse': {
      const { status, flag, why } = outcome
      const answer =
        status === undefined ? 'the connection is closed' : `${status}${flag === undefined ? '' : ` ${flag}`}`
      const place = outcome.access?.place
      return labelled('refused', `${answer}: ${why}${place === undefined ? '' : ` (${placeText(place)})`}`, out)
    }
  }
}

function responseText({ status, body, why }: RouteOutcome & { readonly kind: 'respond' }): string {
  return `${status} ${JSON.stringify(body)}${why === undefined ? '' : `: ${why}`}`
}

function redirectText({ status, location, why }: RouteOutcome & { readonly kind: 'redirect' }): string {
  return `${status} to ${location}${why === undefined ? '' : `: ${why}`}`
}

function forwardText(outcome: ForwardOutcome, out: Output): readonly string[] {
  const { timeoutMs, retries, faults, mirrors, cors, destinations } = outcome
  return [
    ...faultsText(faults, out),
    ...labelled('timeout', timeoutMs === 0 ? 'none' : printDuration(timeoutMs), out),
    ...labelled('retries', retries === undefined ? 'none' : retriesText(retries), out),
    ...mirrors.flatMap(({ cluster, percent }) => labelled('mirror', `${percentText(percent)} to ${cluster}`, out)),
    ...(cors === undefined ? [] : labelled('CORS', 'a policy answers preflight requests', out)),
    '',
    ...destinations.flatMap((destination) => destinationText(destination, out)),
  ]
}

function faultsText(faults: readonly Fault[], out: Output): readonly string[] {
  return faults.flatMap((fault) => labelled('fault', faultText(fault), out))
}

function destinationText(destination: Destination, out: Output): readonly string[] {
  const { host, port, subset, sharePercent, path, authority, requestHeaders, responseHeaders } = destination
  const { endpoints, tls, unreachable, place, access } = destination
  const name = `${host}${port === 0 ? '' : `:${port}`}${subset === undefined ? '' : ` subset ${subset}`}`
  const pods = endpoints.map((group) => `${group.pods} of ${group.workload}.${group.namespace}`).join(', ')
  const defined = place === undefined || place.assumed === true ? '' : `, subset from ${placeText(place)}`
  return [
    `  ${out.bold(percentText(sharePercent))} to ${out.bold(name)}`,
    ...(unreachable === undefined
      ? labelled('  pods', `${pods === '' ? 'not known' : pods}${defined}`, out)
      : labelled('  cannot go', `503 ${unreachable.flag}: ${unreachable.why}`, out)),
    ...labelled('  over', `${tls.mode}: ${tls.why}`, out),
    ...(access === undefined ? [] : labelled('  allowed', allowedText(access), out)),
    ...(access === undefined ? [] : askedText(access, out)),
    ...(access === undefined ? [] : silentText(access, out, '  ')),
    ...(path === undefined ? [] : labelled('  path', path, out)),
    ...(authority === undefined ? [] : labelled('  host', authority, out)),
    ...(requestHeaders.length === 0 ? [] : labelled('  request', headerChangesText(requestHeaders), out)),
    ...(responseHeaders.length === 0 ? [] : labelled('  response', headerChangesText(responseHeaders), out)),
  ]
}

function allowedText({ allowed, reason, policy, place }: Access): string {
  const by = policy === undefined ? '' : ` (${policy}, ${place === undefined ? '' : placeText(place)})`
  return `${allowed ? 'yes' : 'no'}: ${reason}${by}`
}

function askedText({ allowed, externalChecks }: Access, out: Output): readonly string[] {
  return allowed ? questionsText('  if', externalChecks, out) : []
}

/** What comes after the one that was taken says nothing about the call. */
function rulesText({ rules }: RouteExplanation, { all, out }: { all: boolean; out: Output }): readonly string[] {
  const isTaken = rules.some(({ verdict }) => verdict === 'taken')
  const shown = all || !isTaken ? rules : rules.filter(({ verdict }) => verdict === 'does not match')
  if (shown.length === 0) return []
  const title = isTaken && !all ? 'Rules before it that do not match:' : 'Rules for the host, in their order:'
  return ['', out.bold(title), ...tableLines(shown.map(ruleRow), out)]
}

function ruleRow({ name, verdict, why, place }: ConsideredRule): Row {
  const isTaken = verdict === 'taken'
  return [
    name === undefined || name === '' ? (/http\[\d+\]/.exec(place.field ?? '')?.[0] ?? '') : name,
    { text: placeText(place), colour: 'dim' },
    { text: why ?? verdict, ...(isTaken && { colour: 'green' as const }) },
  ]
}
