import type { Node } from '../../api/kinds/core/node.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { quantityValue } from '../../api/quantity-cache.ts'
import type { Client } from '../../client/client.ts'
import type { Output } from '../command.ts'
import { wrapped } from '../help.ts'
import { isReady } from './nodes-ready.ts'
import { type Suggestion, suggestions } from './suggestions.ts'

export interface UpSummary {
  readonly name: string
  readonly url: string
  readonly kubeconfig: string
  /** Absent for a cluster in memory. */
  readonly dataDirectory: string | undefined
  readonly nodes: readonly Node[]
  /** Where the last run of the same state was reached. */
  readonly lastPort: number | undefined
  /** What came from manifests, and how long that took. */
  readonly applied: readonly ApiObject[]
  readonly tookMs: number
  /** Of the DNS server for the cluster's names on 127.0.0.1; undefined where it could not listen. */
  readonly dnsPort: number | undefined
  /** Where a browser finds what the manifests serve, where they serve a name of this host. */
  readonly browser: string | undefined
}

const GIB_BYTES = 2 ** 30
/** More than these is no longer read. */
const KINDS_SHOWN_MAX = 6

/** What `dabba up` prints once the cluster is up: how to use it, what it is, what is in it, what to try. */
export function upText(summary: UpSummary, client: Client, out: Output): string {
  const { name, url, kubeconfig, dataDirectory, lastPort, nodes } = summary
  const { bold } = out
  const kept = dataDirectory === undefined ? 'Its state is in memory only.' : `Its state is kept in ${dataDirectory}.`
  const hasMoved = lastPort !== undefined && new URL(url).port !== String(lastPort)
  const end = dataDirectory === undefined ? 'and all is forgotten' : 'and its state stays'
  return [
    `Cluster ${bold(`"${name}"`)} is up at ${bold(url)}. To use it:\n`,
    `  ${bold(`export KUBECONFIG=${shellWord(kubeconfig)}`)}\n`,
    `${nodesText(nodes)} ${kept}`,
    ...wrapped(`This host reaches pods and Services: 10.a.b.c is 127.a.b.c${namesText(summary)}.`, out.columns),
    ...(hasMoved ? [`The port of its last run, ${lastPort}, is taken: kubeconfigs of then do not lead here.`] : []),
    ...appliedLines(summary, client, out),
    `\nTry, in another terminal:\n`,
    ...suggestionLines(suggestions(summary.applied, client, summary.browser), out),
    `\nCtrl-C stops it, ${end}.`,
  ].join('\n')
}

/** The same as one document, for programs. */
export function upDocument({ name, url, kubeconfig, dataDirectory, nodes, applied, dnsPort }: UpSummary): object {
  return {
    name,
    url,
    kubeconfig,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    pid: process.pid,
    ...(dnsPort === undefined ? {} : { dns: `127.0.0.1:${dnsPort}` }),
    nodes: nodes.map((node) => ({ name: node.metadata.name, ready: isReady(node) })),
    applied: applied.length,
  }
}

/** How many objects of the most frequent kinds. */
function appliedLines({ applied, tookMs }: UpSummary, client: Client, { columns }: Output): string[] {
  if (applied.length === 0) return []
  const counts = new Map<Kind, number>()
  for (const object of applied) {
    const kind = client.kindOf(object)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const ordered = [...counts].toSorted(([a, m], [b, n]) => n - m || (a.plural < b.plural ? -1 : 1))
  const parts = ordered.slice(0, KINDS_SHOWN_MAX).map(([kind, count]) => counted(count, kind.singular, kind.plural))
  const more = counts.size - parts.length
  const list = more === 0 ? parts.join(', ') : `${parts.join(', ')}, and ${counted(more, 'kind', 'kinds')} more`
  const head = `Applied ${counted(applied.length, 'object', 'objects')} in ${(tookMs / 1_000).toFixed(1)} s: ${list}.`
  return wrapped(head, columns)
}

function suggestionLines(tries: readonly Suggestion[], { bold }: Output): string[] {
  const width = Math.max(...tries.map(({ what }) => what.length))
  return tries.map(({ what, line }) => `  ${what.padEnd(width)}   ${bold(line)}`)
}

function nodesText(nodes: readonly Node[]): string {
  const ready = nodes.filter(isReady).length
  const total = (resource: string): number =>
    nodes.reduce((sum, { status }) => sum + quantityValue(status?.allocatable?.[resource] ?? 0), 0)
  const capacity = nodes.length === 0 ? '' : ` (${total('cpu')} CPUs, ${Math.round(total('memory') / GIB_BYTES)} GiB)`
  const all = counted(nodes.length, 'node', 'nodes')
  return ready === nodes.length ? `${all}${capacity}.` : `${ready} of ${all} ready${capacity}.`
}

function namesText({ dnsPort }: UpSummary): string {
  return dnsPort === undefined ? '' : `, and DNS is at 127.0.0.1:${dnsPort}`
}

function counted(count: number, singular: string, plural: string): string {
  return `${count} ${count === 1 ? singular : plural}`
}

/** As it must be typed: quoted when it holds more than a path usually does. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
