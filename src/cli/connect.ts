import { builtinKinds } from '../api/kinds/builtin-kinds.ts'
import { Scheme } from '../api/scheme.ts'
import { UserError } from '../base/user-error.ts'
import { Client } from '../client/client.ts'
import { HttpTransport } from '../client/http-transport.ts'
import { RealNetwork } from '../world/real-network.ts'
import { noSuchCluster, runningCluster, runningClusters } from './cluster-record.ts'
import { type KubeconfigAccess, readAccess } from './kubeconfig-access.ts'

export interface ClusterFlags {
  readonly name: string | undefined
  readonly kubeconfig: string | undefined
}

/** The name that clusters have unless told otherwise. */
const NAME_DEFAULT = 'dabba'

/**
 * A client of the cluster that a command is about: the kubeconfig's, or the running one of that name. Without either the
 * one called dabba, or the only one that runs.
 */
export function connect(flags: ClusterFlags): Client {
  return clientOf(readAccess(flags.kubeconfig ?? kubeconfigOfRunning(flags.name)))
}

export function clientOf({ url, tls, token }: KubeconfigAccess): Client {
  const scheme = new Scheme()
  for (const kind of builtinKinds()) scheme.add(kind)
  const network = new RealNetwork()
  const transport = new HttpTransport({ network, url, tls, ...(token === undefined ? {} : { token }) })
  return new Client({ transport, scheme, user: { username: '' }, fieldManager: 'dabba', trusted: false })
}

/** Says which cluster could not be reached, where a call failed before any server answered it. */
export function unreachable(error: unknown): UserError | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || code === undefined || !UNREACHABLE.test(code)) return undefined
  return new UserError('DABBA_UNREACHABLE', {
    message: `Cannot reach the cluster: ${message || code}`,
    hint: 'See whether it runs (`dabba status`), or name another: --name NAME, --kubeconfig PATH',
    cause: error,
  })
}

/** What Node's sockets and its TLS say when there is no connection to be had. */
const UNREACHABLE = /^(?:E[A-Z]+|ERR_TLS_.*|ERR_SSL_.*|.*CERT.*|UNABLE_TO_.*)$/

function kubeconfigOfRunning(name: string | undefined): string {
  const all = runningClusters().filter(({ state }) => state === 'up')
  const onlyOne = all.length === 1 ? all[0] : undefined
  const record = name === undefined ? (runningCluster(NAME_DEFAULT) ?? onlyOne) : runningCluster(name)
  if (record === undefined) throw noSuchCluster(name ?? NAME_DEFAULT)
  if (record.kubeconfig !== undefined) return record.kubeconfig
  throw new UserError('DABBA_CLUSTER', {
    message: `Cluster "${record.name}" is still starting`,
    hint: 'Try again in a moment; `dabba status` shows when it is up',
  })
}
