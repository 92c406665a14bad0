import type { Output } from '../command.ts'
import { tableOf } from '../table.ts'
import type { ReachedGateway } from './gateways.ts'
import type { Reached } from './reached-hosts.ts'

/** More hosts than these say no more. */
const HOSTS_SHOWN_MAX = 3

/** What this host reaches of a cluster: gateways first, then load balancers, then how to find the rest. */
export function reachedText({ gateways, listeners, dns }: Reached, { bold }: Output): readonly string[] {
  const balancers = balancersIn(listeners, gateways)
  const rest = [
    `Pods and Services: 10.a.b.c is 127.a.b.c${dns === undefined ? '' : `, and DNS is at ${dns}`}`,
    ...(listeners.length === 0 ? [] : [`${listeners.length} listeners, all of them in \`dabba status -o json\``]),
  ]
  const gatewayRows = gateways.flatMap(rowsOf)
  return [
    ...(gatewayRows.length === 0 ? [] : [...headed(['GATEWAY', 'URL', 'HOSTS'], gatewayRows, bold), '']),
    ...(balancers.length === 0 ? [] : [...headed(['LOAD BALANCER', 'ADDRESS'], balancers, bold), '']),
    ...rest,
  ]
}

/** As a line tells it: `http://127.254.0.1 (bazaar.example)`. */
export function doorText({ url, hosts }: ReachedGateway['doors'][number]): string {
  const named = hostsText(hosts)
  return named === '' ? url : `${url} (${named})`
}

function headed(head: readonly string[], rows: readonly (readonly string[])[], bold: Output['bold']): string[] {
  const [first = '', ...others] = tableOf([head, ...rows])
  return [bold(first), ...others]
}

function rowsOf({ namespace, name, isReady, doors }: ReachedGateway): readonly (readonly string[])[] {
  return doors.map(({ url, hosts, problem }, index) => [
    index === 0 ? `${namespace}/${name}` : '',
    url,
    isReady ? (problem ?? hostsText(hosts)) : 'no pod is ready',
  ])
}

function hostsText(hosts: readonly string[]): string {
  if (hosts.length === 0 || hosts.includes('*')) return ''
  const shown = hosts.slice(0, HOSTS_SHOWN_MAX).join(', ')
  return hosts.length > HOSTS_SHOWN_MAX ? `${shown} and ${hosts.length - HOSTS_SHOWN_MAX} more` : shown
}

const BALANCER = /^service\/([^/]+\/[^/]+)\/balancer:\d+$/

/** Other Services of type LoadBalancer, at each of their ports. */
function balancersIn(
  listeners: Reached['listeners'],
  gateways: readonly ReachedGateway[],
): readonly (readonly string[])[] {
  const known = new Set(gateways.map(({ namespace, name }) => `${namespace}/${name}`))
  return listeners.flatMap(({ name, host, port }) => {
    const service = BALANCER.exec(name)?.[1]
    return service === undefined || known.has(service) ? [] : [[service, `${host}:${port}`]]
  })
}
