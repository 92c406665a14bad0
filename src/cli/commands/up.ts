import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { createPlatform, type Platform } from '../../platform.ts'
import { SqliteEngine } from '../../store/engines/sqlite.ts'
import { printTime } from '../../world/clock.ts'
import { realWorld } from '../../world/real-world.ts'
import { applyManifests } from '../apply-manifests.ts'
import { clusterFolder, removeRecord, runningCluster, writeRecord, writeWhole } from '../cluster-home.ts'
import { command, type Output } from '../command.ts'
import { readIdentity, writeIdentity } from '../identity-file.ts'
import { kubeconfigOf } from '../kubeconfig.ts'
import { readManifests } from '../manifests.ts'
import { nodesFor } from '../nodes.ts'

/** The port of Kubernetes' own API server. */
const PORT = '6443'

export default command({
  name: 'up',
  group: 'Cluster',
  summary: 'Start a cluster and keep it running until Ctrl-C',
  examples: [
    ['A cluster of one node', 'dabba up'],
    ['Your manifests on three nodes', 'dabba up -f k8s/ --nodes 3'],
    ['Gone when it stops', 'dabba up --in-memory --port 0'],
  ],
  flags: {
    filename: {
      description: 'Manifests to apply: a file or a folder',
      placeholder: 'PATH',
      short: 'f',
      repeated: true,
    },
    name: { description: 'The cluster’s name', placeholder: 'NAME', default: 'dabba' },
    nodes: { description: 'How many nodes', placeholder: 'N' },
    'nodes-file': { description: 'Node profiles: counts, capacity, zones, labels, taints, price', placeholder: 'PATH' },
    port: { description: 'The API server’s port on 127.0.0.1; 0 takes a free one', placeholder: 'PORT', default: PORT },
    'data-dir': { description: 'Where the state is kept', placeholder: 'PATH' },
    'in-memory': { description: 'Keep the state in memory only' },
    kubeconfig: { description: 'Where to write the kubeconfig', placeholder: 'PATH' },
  },
  async run({ flags, out, signal }) {
    const { name } = flags
    refuseSecond(name)
    const manifests = readManifests(flags.filename)
    const nodes = nodesFor(flags)
    const home = clusterFolder(name)
    const dataDirectory = flags['in-memory'] ? undefined : resolve(flags['data-dir'] ?? join(home, 'data'))
    const world = realWorld()
    const identity = dataDirectory === undefined ? undefined : readIdentity(dataDirectory)
    if (dataDirectory !== undefined) mkdirSync(dataDirectory, { recursive: true })
    await using platform = await createPlatform({
      world,
      nodes,
      ...(dataDirectory === undefined ? {} : { engine: new SqliteEngine(join(dataDirectory, 'store.db')) }),
      ...(identity === undefined ? {} : { identity }),
      onError: (where, error) => out.note(`${where}: ${error.message}`),
    })
    const access = await listening(platform, flags.port)
    if (dataDirectory !== undefined) writeIdentity(dataDirectory, platform.identity)
    const kubeconfig = resolve(flags.kubeconfig ?? join(home, 'kubeconfig'))
    writeWhole(kubeconfig, kubeconfigOf(name, access))
    const startedAt = printTime(world.clock.now())
    const kept = dataDirectory === undefined ? {} : { dataDirectory }
    writeRecord({ name, pid: process.pid, url: access.url, kubeconfig, startedAt, ...kept })
    try {
      out.line(`Cluster "${name}" is up at ${access.url}. To use it:\n\n  export KUBECONFIG=${kubeconfig}\n`)
      if (manifests.length > 0) await applyManifests(manifests, platform.client.forManifests('dabba-up'), out)
      tellWhatNext(out)
      await untilAborted(signal)
    } finally {
      removeRecord(name)
    }
    out.line(`Cluster "${name}" has stopped`)
    return 0
  },
})

function refuseSecond(name: string): void {
  const running = runningCluster(name)
  if (running === undefined) return
  throw new UserError('DABBA_CLUSTER', {
    message: `Cluster "${name}" is already running at ${running.url} (process ${running.pid})`,
    hint: 'Use it, stop it with `dabba down`, or start another: dabba up --name other --port 0',
  })
}

async function listening(platform: Platform, port: string): ReturnType<Platform['listen']> {
  const number = Number(port)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new UserError('DABBA_USAGE', { message: `"${port}" is no port`, hint: 'Give a number from 0 to 65535' })
  }
  try {
    return await platform.listen({ port: number })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new UserError('DABBA_CLUSTER', {
      message: `Port ${port} on 127.0.0.1 is taken`,
      hint: 'Stop what uses it, or take a free one: dabba up --port 0',
      cause: error,
    })
  }
}

function tellWhatNext(out: Output): void {
  out.line('Try:\n\n  kubectl get nodes\n  kubectl get pods -A -w\n\nCtrl-C stops it.')
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
