import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../base/user-error.ts'
import { type ClusterRecord, isAlive, noSuchCluster, runningCluster, runningClusters } from '../cluster-record.ts'
import { command } from '../command.ts'
import { systemReason } from '../system-reason.ts'

/** How long a cluster may take to close its store before it is given up on. */
const STOP_MAX_MS = 10_000
const POLL_MS = 20

export default command({
  name: 'down',
  group: 'Cluster',
  summary: 'Stop a cluster; what it keeps on disk stays',
  examples: [
    ['Stop the cluster', 'dabba down'],
    ['Stop another one', 'dabba down --name staging'],
    ['Stop every one', 'dabba down --all'],
  ],
  flags: {
    name: { description: 'Which cluster', placeholder: 'NAME', default: 'dabba' },
    all: { description: 'Stop all clusters of this machine' },
  },
  async run({ flags, out }) {
    const records = flags.all ? runningClusters() : [named(flags.name)]
    if (records.length === 0) out.line('No cluster is running')
    for (const record of records) signalStop(record)
    for (const record of records) {
      await untilStopped(record)
      out.line(`Cluster "${record.name}" has stopped`)
    }
    return 0
  },
})

function named(name: string): ClusterRecord {
  const record = runningCluster(name)
  if (record === undefined) throw noSuchCluster(name)
  return record
}

function signalStop({ name, pid }: ClusterRecord): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    // It has stopped by itself since we looked.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
    throw new UserError('DABBA_CLUSTER', {
      message: `Cannot stop cluster "${name}" (process ${pid}): ${systemReason(error)}`,
      hint: 'Stop it as the user who started it',
      cause: error,
    })
  }
}

async function untilStopped(record: ClusterRecord): Promise<void> {
  for (let waitedMs = 0; waitedMs < STOP_MAX_MS; waitedMs += POLL_MS) {
    if (!isAlive(record)) return
    await sleep(POLL_MS)
  }
  throw new UserError('DABBA_CLUSTER', {
    message: `Cluster "${record.name}" (process ${record.pid}) did not stop within ${STOP_MAX_MS / 1_000} s`,
    hint: `Look at what it is doing, or end it: kill -9 ${record.pid}`,
  })
}
