import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { builtinKinds } from '../api/kinds/builtin-kinds.ts'
import { Scheme } from '../api/scheme.ts'
import { UserError } from '../base/user-error.ts'
import { Client } from '../client/client.ts'
import { HttpTransport } from '../client/http-transport.ts'
import { RealNetwork } from '../world/real-network.ts'
import { runningCluster } from './cluster-home.ts'

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { name: string; context: { cluster: string; user: string } }[]
  readonly clusters?: readonly { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[]
  readonly users?: readonly {
    name: string
    user: { 'client-certificate-data'?: string; 'client-key-data'?: string; token?: string }
  }[]
}

/** A client of the cluster that a command is about: `--kubeconfig`, or the running one of that name. */
export function connect(flags: { name: string; kubeconfig?: string | undefined }): Client {
  const path = flags.kubeconfig ?? runningCluster(flags.name)?.kubeconfig
  if (path === undefined) {
    throw new UserError('DABBA_CLUSTER', {
      message: `No cluster "${flags.name}" is running`,
      hint: 'Start one with `dabba up`, or name one: --kubeconfig PATH',
    })
  }
  const scheme = new Scheme()
  for (const kind of builtinKinds()) scheme.add(kind)
  const user = { username: '' }
  return new Client({ transport: transportOf(path), scheme, user, fieldManager: 'dabba', trusted: false })
}

function transportOf(path: string): HttpTransport {
  const config = readKubeconfig(path)
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user
  if (cluster === undefined) {
    throw new UserError('DABBA_CLUSTER', {
      message: `${path} does not say which cluster to use`,
      hint: 'Choose a context: kubectl config use-context NAME',
    })
  }
  const text = (base64: string | undefined): string | undefined =>
    base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8')
  const ca = text(cluster['certificate-authority-data'])
  const cert = text(user?.['client-certificate-data'])
  const key = text(user?.['client-key-data'])
  return new HttpTransport({
    network: new RealNetwork(),
    url: cluster.server,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    ...(user?.token === undefined ? {} : { token: user.token }),
  })
}

function readKubeconfig(path: string): Kubeconfig {
  try {
    return parse(readFileSync(path, 'utf8')) as Kubeconfig
  } catch (error) {
    throw new UserError('DABBA_CLUSTER', {
      message: `Cannot read the kubeconfig ${path}: ${(error as Error).message}`,
      hint: 'Check the path after --kubeconfig',
      cause: error,
    })
  }
}
