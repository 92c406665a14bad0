import { aborted } from '../../base/abort.ts'
import { join, resolve } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expandNodeProfiles, type NodeProfile } from '../../api/kinds/dabba/node-profile.ts'
import type { ApiObject } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import { isAlreadyExists, isConflict } from '../../client/client.ts'
import type { Access } from '../../client/access.ts'
import { Platform } from '../../platform.ts'
import { printTime } from '../../world/clock.ts'
import { realWorld } from '../../world/real-world.ts'
import type { World } from '../../world/world.ts'
import { claimName, type ClusterRecord, releaseName, writeRecord } from '../cluster-record.ts'
import type { Output } from '../command.ts'
import { clusterFolder } from '../home.ts'
import { kubeconfigOf, writeKubeconfig } from '../kubeconfig.ts'
import { printStructured } from '../structured.ts'
import { writeWhole } from '../whole-file.ts'
import { announceGateways } from './announce-gateways.ts'
import { applyManifests } from './apply-manifests.ts'
import { browserAddress } from './browser-address.ts'
import { DataDirectory } from './data-directory.ts'
import { type Manifest, readManifests, STDIN } from './manifests.ts'
import { nodesFor } from './nodes.ts'
import { nodesReady } from './nodes-ready.ts'
import { listen, portOf } from './port.ts'
import { type UpSummary, upDocument, upText } from './summary.ts'

export interface UpFlags {
  readonly filename: readonly string[]
  readonly name: string
  readonly nodes: string | undefined
  readonly 'nodes-file': string | undefined
  readonly port: string | undefined
  readonly 'data-dir': string | undefined
  readonly 'in-memory': boolean
  readonly kubeconfig: string | undefined
  readonly 'wire-mtls': boolean
  readonly output: string | undefined
}

/** What the flags come to, checked before anything is started. */
interface UpPlan {
  readonly name: string
  readonly manifests: readonly Manifest[]
  readonly nodes: readonly NodeProfile[] | undefined
  readonly port: number | undefined
  /** Absent for a cluster in memory. */
  readonly dataDirectory: string | undefined
  readonly kubeconfig: string
  readonly isOwnKubeconfig: boolean
  readonly wireMtls: boolean
  readonly output: string | undefined
}

interface UpContext {
  readonly world: World
  readonly out: Output
  readonly signal: AbortSignal
}

/** Where the cluster's manifests are applied from: `kubectl apply --server-side` owns the fields, and can go on. */
const FIELD_MANAGER = 'kubectl'
const EXIT_INTERRUPTED = 1

/** `dabba up`: starts a cluster, and keeps it until the signal aborts. */
export async function runUp(flags: UpFlags, { out, signal }: Omit<UpContext, 'world'>): Promise<number> {
  const stdin = await standardInput(flags, signal)
  if (stdin === undefined) return EXIT_INTERRUPTED
  const plan = planOf(flags, stdin)
  const world = realWorld()
  const record = claimName(plan.name, printTime(world.clock.now()))
  let wasUp = false
  try {
    wasUp = await keepUp(plan, record, { world, out, signal })
  } finally {
    releaseName(plan.name)
  }
  if (!wasUp) {
    out.note(`Cluster "${plan.name}" was stopped before it was up`)
    return EXIT_INTERRUPTED
  }
  if (plan.output === undefined) out.line(`Cluster "${plan.name}" has stopped`)
  return 0
}

/** All of standard input, where `-f -` asks for it; undefined when it was interrupted. */
async function standardInput({ filename }: UpFlags, signal: AbortSignal): Promise<string | undefined> {
  if (!filename.includes(STDIN)) return ''
  try {
    return await text(addAbortSignal(signal, process.stdin))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

function planOf(flags: UpFlags, stdin: string): UpPlan {
  const { name, output } = flags
  const home = clusterFolder(name)
  if (flags['in-memory'] && flags['data-dir'] !== undefined) {
    throw new UserError('DABBA_USAGE', {
      message: '--in-memory and --data-dir exclude each other',
      hint: 'Give one of them',
    })
  }
  return {
    name,
    port: portOf(flags.port),
    nodes: nodesFor(flags),
    manifests: readManifests(flags.filename, stdin),
    dataDirectory: flags['in-memory'] ? undefined : resolve(flags['data-dir'] ?? join(home, 'data')),
    kubeconfig: resolve(flags.kubeconfig ?? join(home, 'kubeconfig')),
    isOwnKubeconfig: flags.kubeconfig === undefined,
    wireMtls: flags['wire-mtls'],
    output,
  }
}

/** Returns whether it came up before it was told to stop. Everything is closed when it returns. */
async function keepUp(plan: UpPlan, record: ClusterRecord, context: UpContext): Promise<boolean> {
  const { world, out, signal } = context
  const directory = plan.dataDirectory === undefined ? undefined : new DataDirectory(plan.dataDirectory)
  await using platform = platformOf(plan, directory, context)
  directory?.keep(platform.identity)
  await platform.start()
  if (signal.aborted) return false
  const access = await listen(platform, { asked: plan.port, last: directory?.lastPort })
  directory?.keep(platform.identity, Number(new URL(access.url).port))
  saveKubeconfig(plan, access)
  const host = await platform.reachFromHost()
  if (plan.nodes !== undefined) await ensureNodes(plan.nodes, platform)
  const nodes = await nodesReady(platform.client, { clock: world.clock, signal })
  const beganMs = world.clock.now()
  const applied = await applyAll(plan, platform, context)
  if (signal.aborted) return false
  const { name, kubeconfig, dataDirectory } = plan
  const { url } = access
  writeRecord({ ...record, state: 'up', url, kubeconfig, ...(dataDirectory === undefined ? {} : { dataDirectory }) })
  const lastPort = directory?.lastPort
  const tookMs = world.clock.now() - beganMs
  const browser = await browserAddress(applied, { host, clock: world.clock, signal })
  const summary: UpSummary = {
    name,
    url,
    kubeconfig,
    dataDirectory,
    nodes,
    lastPort,
    applied,
    tookMs,
    dnsPort: host.dnsPort,
    browser,
  }
  out.line(
    plan.output === undefined
      ? upText(summary, platform.client, out)
      : printStructured(upDocument(summary), plan.output),
  )
  if (plan.output === undefined) {
    const { client, informers } = platform
    const say = (line: string): void => out.line(line)
    await announceGateways({ client, informers, host, clock: world.clock, signal, say })
  }
  await aborted(signal)
  return true
}

function platformOf(
  { nodes, dataDirectory, wireMtls }: UpPlan,
  directory: DataDirectory | undefined,
  { world, out }: UpContext,
): Platform {
  return new Platform({
    world,
    reachesHost: true,
    wireMtls,
    ...(dataDirectory === undefined ? {} : { volumes: { disk: world.disk, path: join(dataDirectory, 'volumes') } }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(directory === undefined ? {} : { engine: directory.engine }),
    ...(directory?.identity === undefined ? {} : { identity: directory.identity }),
    onError: (where, error) => {
      // Somebody else wrote first and the loop looks again: that is how controllers share objects, and no trouble.
      if (!isConflict(error)) out.note(`warning: ${where}: ${error.message}`)
    },
  })
}

/** A file that the user names may hold other clusters; our own is ours alone. */
function saveKubeconfig({ name, kubeconfig, isOwnKubeconfig }: UpPlan, access: Access): void {
  if (isOwnKubeconfig) writeWhole(kubeconfig, kubeconfigOf(name, access), 'the kubeconfig')
  else writeKubeconfig(kubeconfig, name, access)
}

/** Nodes that were asked for are there, whatever the store held; those that it held besides stay. */
async function ensureNodes(profiles: readonly NodeProfile[], { client }: Platform): Promise<void> {
  const missing = expandNodeProfiles(profiles).map(async (node) => {
    try {
      await client.create(node)
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  })
  await Promise.all(missing)
}

function applyAll({ manifests }: UpPlan, { client }: Platform, context: UpContext): Promise<readonly ApiObject[]> {
  const { world, out, signal } = context
  const warn = (text: string): void => out.note(`warning: ${text}`)
  return applyManifests(manifests, { client: client.forManifests(FIELD_MANAGER), clock: world.clock, signal, warn })
}
