import { runningClusters } from '../cluster-home.ts'
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
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml'] },
  },
  run({ flags, out }) {
    const clusters = runningClusters()
    if (flags.output !== undefined) out.line(printStructured(clusters, flags.output))
    else if (clusters.length === 0) out.line('No cluster is running. Start one with `dabba up`.')
    else {
      const rows = [['NAME', 'URL', 'PID', 'STATE', 'STARTED'], ...clusters.map(rowOf)]
      const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
      for (const row of rows)
        out.line(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('   ')
            .trimEnd(),
        )
    }
    return Promise.resolve(0)
  },
})

function rowOf({ name, url, pid, dataDirectory, startedAt }: ReturnType<typeof runningClusters>[number]): string[] {
  return [name, url, String(pid), dataDirectory ?? 'in memory', startedAt]
}
