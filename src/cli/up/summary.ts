import type { Node } from '../../api/kinds/core/node.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { quantityValue } from '../../api/quantity-cache.ts'
import type { Client } from '../../client/client.ts'
import type { Output } from '../command.ts'
import { wrapped } from '../help.ts'
import { isReady } from './nodes-ready.ts'
import { suggestions } from './suggestions.ts'

export interface UpSummary {
  readonly name: string
  readonly url: string
  readonly kubeconfig: string
  /** Absent for a cluster in memory. */
  readonly dataDirectory: string | undefined
  readonly nodes: readonly Node[]
  /** Where the last run of the same state was reached. */
  readonly lastPort: number | undefined
}

const GIB_BYTES = 2 ** 30
/** More than these is no longer read. */
const KINDS_SHOWN_MAX = 6

/** What `dabba up` prints when the cluster can be used. */
export function upText(summary: UpSummary, { bold }: Output): string {
  const { name, url, kubeconfig, dataDirectory, lastPort } = summary
  const kept = dataDirectory === undefined ? 'Its state is in memory only.' : `Its state is kept in ${dataDirectory}.`
  const hasMoved = lastPort !== undefined && new URL(url).port !== String(lastPort)
  const moved = hasMoved
    ? [`The port of its last run, ${lastPort}, is taken: kubeconfigs of then do not lead here.`]
    : []
  return [
    `Cluster ${bold(`"${name}"`)} is up at ${bold(url)}. To use it:\n`,
    `  ${bold(`export KUBECONFIG=${shellWord(kubeconfig)}`)}\n`,
    ...moved,
    `${nodesText(summary.nodes)} ${kept}\n`,
  ].join('\n')
}

/** The same as one document, for programs. */
export function upDocument(summary: UpSummary, applied: readonly ApiObject[]): object {
  const { name, url, kubeconfig, dataDirectory, nodes } = summary
  return {
    name,
    url,
    kubeconfig,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    pid: process.pid,
    nodes: nodes.map((node) => ({ name: node.metadata.name, ready: isReady(node) })),
    applied: applied.length,
  }
}

/** How many objects of the most frequent kinds. */
export function appliedText(
  applied: readonly ApiObject[],
  { tookMs, client, out }: { tookMs: number; client: Client; out: Output },
): string {
  const counts = new Map<Kind, number>()
  for (const object of applied) {
    const kind = client.kindOf(object)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const ordered = [...counts].toSorted(([a, m], [b, n]) => n - m || (a.plural < b.plural ? -1 : 1))
  const parts = ordered.slice(0, KINDS_SHOWN_MAX).map(([kind, count]) => counted(count, kind.singular, kind.plural))
  const more = counts.size - parts.length
  const list = more === 0 ? parts.join(', ') : `${parts.join(', ')}, and ${counted(more, 'kind', 'kinds')} more`
  const head = `Applied ${counted(applied.length, 'object', 'objects')} in ${(tookMs / 1_000).toFixed(1)} s: ${list}`
  return `${wrapped(head, out.columns).join('\n  ')}\n`
}

/** What to try, chosen from what is there. */
export function nextText(
  applied: readonly ApiObject[],
  { summary, client, out }: { summary: UpSummary; client: Client; out: Output },
): string {
  const tries = suggestions(applied, client)
  const width = Math.max(...tries.map(({ what }) => what.length))
  const lines = tries.map(({ what, line }) => `  ${what.padEnd(width)}   ${out.bold(line)}`)
  const end = summary.dataDirectory === undefined ? 'and all is forgotten' : 'and its state stays'
  return `Try, in another terminal:\n\n${lines.join('\n')}\n\nCtrl-C stops it, ${end}.`
}

function nodesText(nodes: readonly Node[]): string {
  const ready = nodes.filter(isReady).length
  const total = (resource: string): number =>
    nodes.reduce((sum, { status }) => sum + quantityValue(status?.allocatable?.[resource] ?? 0), 0)
  const capacity = nodes.length === 0 ? '' : ` (${total('cpu')} CPUs, ${Math.round(total('memory') / GIB_BYTES)} GiB)`
  const all = counted(nodes.length, 'node', 'nodes')
  return ready === nodes.length ? `${all}${capacity}.` : `${ready} of ${all} ready${capacity}.`
}

function counted(count: number, singular: string, plural: string): string {
  return `${count} ${count === 1 ? singular : plural}`
}

/** As it must be typed: quoted when it holds more than a path usually does. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
