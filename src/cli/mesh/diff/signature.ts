import type { Access } from '../access.ts'
import type { Destination } from '../destinations.ts'
import { printDuration } from '../duration-text.ts'
import { clusterText } from '../explain-table.ts'
import { faultText, headerChangesText, percentText, retriesText } from '../route-text.ts'
import type { ForwardOutcome, RouteOutcome } from '../route-outcome.ts'

/** What becomes of a request, in the three respects in which two sets of files can differ. */
export interface Signature {
  readonly destination: string
  readonly permission: string
  /** Time limits, retries, faults, rewrites and the like. */
  readonly handling: string
}

export function signatureOf(outcome: RouteOutcome): Signature {
  switch (outcome.kind) {
    case 'forward':
      return {
        destination: destinationsText(outcome.destinations),
        permission: permissionText(outcome.destinations),
        handling: handlingText(outcome),
      }
    case 'connect':
      return {
        destination: destinationsText(outcome.destinations),
        permission: permissionText(outcome.destinations),
        handling: '',
      }
    case 'redirect':
      return { destination: `redirect ${outcome.status} to ${outcome.location}`, permission: '', handling: '' }
    case 'respond':
      return { destination: `answer ${outcome.status}`, permission: '', handling: '' }
    case 'refuse':
      if (outcome.access !== undefined)
        return { destination: 'nowhere', permission: accessText(outcome.access), handling: '' }
      return { destination: `${outcome.status ?? 'closed'}: ${outcome.why}`, permission: '', handling: '' }
  }
}

function destinationsText(destinations: readonly Destination[]): string {
  return destinations
    .map(({ cluster, sharePercent, unreachable }) => {
      const share = destinations.length === 1 ? '' : `${percentText(sharePercent)} `
      const dead = unreachable === undefined ? '' : ` (503 ${unreachable.flag}: ${unreachable.why})`
      return `${share}${clusterText(cluster)}${dead}`
    })
    .toSorted()
    .join(', ')
}

function permissionText(destinations: readonly Destination[]): string {
  return [...new Set(destinations.flatMap(({ access }) => (access === undefined ? [] : [accessText(access)])))].join(
    '; ',
  )
}

function accessText({ allowed, reason, externalChecks }: Access): string {
  if (!allowed) return `denied: ${reason}`
  if (externalChecks.length === 0) return 'allowed'
  return `allowed, if ${externalChecks.map(({ provider }) => provider).join(' and ')} agrees`
}

function handlingText({ timeoutMs, retries, faults, mirrors, destinations }: ForwardOutcome): string {
  const changes = destinations.flatMap(({ path, authority, requestHeaders, responseHeaders, tls }) => [
    ...(path === undefined ? [] : [`path ${path}`]),
    ...(authority === undefined ? [] : [`host ${authority}`]),
    ...(requestHeaders.length === 0 ? [] : [`request headers ${headerChangesText(requestHeaders)}`]),
    ...(responseHeaders.length === 0 ? [] : [`response headers ${headerChangesText(responseHeaders)}`]),
    tls.mode,
  ])
  return [
    timeoutMs === 0 ? 'no time limit' : `time limit ${printDuration(timeoutMs)}`,
    retries === undefined ? 'no retries' : `retries ${retriesText(retries)}`,
    ...faults.map(faultText),
    ...mirrors.map(({ cluster, percent }) => `mirror ${percentText(percent)} to ${clusterText(cluster)}`),
    ...new Set(changes),
  ].join('; ')
}
