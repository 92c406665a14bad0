import { type ClusterRecord, runningClusters } from '../cluster-record.ts'
import type { Output } from '../command.ts'
import { printStructured } from '../structured.ts'
import { tableOf } from '../table.ts'
import { type Reached, reachedOf } from './reached-hosts.ts'
import { reachedText } from './reached-text.ts'

type Asked = readonly [record: ClusterRecord, reached: Reached | string | undefined]

export async function runStatus(output: string | undefined, out: Output): Promise<number> {
  const clusters = runningClusters()
  if (output === 'name') {
    for (const { name } of clusters) out.line(name)
    return 0
  }
  const asked = await Promise.all(clusters.map(async (record): Promise<Asked> => [record, await reachedOf(record)]))
  for (const [{ name }, reached] of asked) {
    if (typeof reached === 'string') out.note(`warning: what cluster "${name}" is reached by is not known: ${reached}`)
  }
  if (output !== undefined) out.line(printStructured(asked.map(shown), output))
  else if (clusters.length === 0) out.line('No cluster is running. Start one with `dabba up`.')
  else printClusters(asked, out)
  return 0
}

/** What is left out of a document is undefined here. */
function shown([record, reached]: Asked): object {
  const { name, state, url, kubeconfig, dataDirectory, pid, startedAt } = record
  return { name, state, url, kubeconfig, dataDirectory, pid, startedAt, ...(typeof reached === 'object' && reached) }
}

function printClusters(asked: readonly Asked[], out: Output): void {
  const rows = asked.map(([{ name, state, url = '', startedAt, kubeconfig = '' }]) => [
    name,
    state,
    url,
    startedAt,
    kubeconfig,
  ])
  for (const line of tableOf([['NAME', 'STATE', 'URL', 'STARTED', 'KUBECONFIG'], ...rows])) out.line(line)
  for (const [{ name }, reached] of asked) {
    if (typeof reached !== 'object') continue
    out.line(asked.length === 1 ? '\nFrom this host:\n' : `\nFrom this host, cluster "${name}":\n`)
    for (const line of reachedText(reached, out)) out.line(line === '' ? '' : `  ${line}`)
  }
}
