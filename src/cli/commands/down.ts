import { setTimeout as sleep } from 'node:timers/promises'
import { UserError } from '../../base/user-error.ts'
import { runningCluster } from '../cluster-home.ts'
import { command } from '../command.ts'

/** How long a cluster may take to close its store before it is given up on. */
const STOP_MAX_MS = 10_000
const POLL_MS = 50

export default command({
  name: 'down',
  group: 'Cluster',
  summary: 'Stop a cluster; what it keeps on disk stays',
  examples: [
    ['Stop the cluster', 'dabba down'],
    ['Stop another one', 'dabba down --name staging'],
  ],
  flags: {
    name: { description: 'Which cluster', placeholder: 'NAME', default: 'dabba' },
  },
  async run({ flags, out }) {
    const record = runningCluster(flags.name)
    if (record === undefined) {
      throw new UserError('DABBA_CLUSTER', {
        message: `No cluster "${flags.name}" is running`,
        hint: 'See `dabba status` for those that are',
      })
    }
    process.kill(record.pid, 'SIGTERM')
    for (let waitedMs = 0; waitedMs < STOP_MAX_MS; waitedMs += POLL_MS) {
      if (runningCluster(flags.name) === undefined) {
        out.line(`Cluster "${flags.name}" has stopped`)
        return 0
      }
      await sleep(POLL_MS)
    }
    throw new UserError('DABBA_CLUSTER', {
      message: `Cluster "${flags.name}" (process ${record.pid}) did not stop within ${STOP_MAX_MS / 1_000} s`,
      hint: `Look at what it is doing, or end it: kill -9 ${record.pid}`,
    })
  },
})
