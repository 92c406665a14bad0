import { type ClusterRecord, runningClusters } from '../cluster-record.ts'
import { command } from '../command.ts'
import { printStructured } from '../structured.ts'

export default command({
  name: 'status',
  group: 'Cluster',
  summary: 'List the clusters that run on this machine',
  examples: [
    ['For people', 'dabba status'],
    ['The address of each, for scripts', "dabba status -o json | jq -r '.[].url'"],
  ],
  flags: {
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml', 'name'] },
  },
  run({ flags, out }) {
    const clusters = runningClusters()
    const { output } = flags
    if (output === 'name') for (const { name } of clusters) out.line(name)
    else if (output !== undefined) out.line(printStructured(clusters.map(shown), output))
    else if (clusters.length === 0) out.line('No cluster is running. Start one with `dabba up`.')
    else
      for (const line of tableOf([['NAME', 'STATE', 'URL', 'STARTED', 'KUBECONFIG'], ...clusters.map(rowOf)]))
        out.line(line)
    return Promise.resolve(0)
  },
})

/** What is left out of a document is undefined here. */
function shown({ name, state, url, kubeconfig, dataDirectory, pid, startedAt }: ClusterRecord): object {
  return { name, state, url, kubeconfig, dataDirectory, pid, startedAt }
}

function rowOf({ name, state, url, startedAt, kubeconfig }: ClusterRecord): readonly string[] {
  return [name, state, url ?? '', startedAt, kubeconfig ?? '']
}

function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')
  return rows.map((row) => line(row).trimEnd())
}
