import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseYaml } from '../api/yaml.ts'
import { UserError } from '../base/user-error.ts'
import type { RequestOptions } from '../world/network.ts'
import { systemReason } from './system-reason.ts'

/** How a kubeconfig's current context reaches its cluster. */
export interface KubeconfigAccess {
  readonly url: string
  readonly tls: NonNullable<RequestOptions['tls']>
  readonly token?: string
}

interface Kubeconfig {
  readonly 'current-context'?: string
  readonly contexts?: readonly { readonly name: string; readonly context: { cluster: string; user?: string } }[] | null
  readonly clusters?: readonly { readonly name: string; readonly cluster: Fields }[] | null
  readonly users?: readonly { readonly name: string; readonly user: Fields }[] | null
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a kubeconfig. Relative paths in it start at its own folder, as kubectl has it. */
export function readAccess(path: string): KubeconfigAccess {
  const config = readConfig(path)
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {}
  const url = cluster?.['server']
  if (cluster === undefined || typeof url !== 'string') {
    throw problem(`${path} does not say which cluster to use`, 'Choose a context: kubectl config use-context NAME')
  }
  refuseForeignLogins(user, path)
  const folder = dirname(path)
  const ca = contentOf(cluster, 'certificate-authority', folder)
  const cert = contentOf(user, 'client-certificate', folder)
  const key = contentOf(user, 'client-key', folder)
  const token = tokenOf(user, folder)
  return {
    url,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
    },
    ...(token === undefined ? {} : { token }),
  }
}

function readConfig(path: string): Kubeconfig {
  try {
    const { value } = parseYaml(readFileSync(path, 'utf8'))
    return (value ?? {}) as Kubeconfig
  } catch (error) {
    throw problem(`Cannot read the kubeconfig ${path}: ${systemReason(error)}`, 'Check the path after --kubeconfig')
  }
}

/** Logins that run another program, or that only kubectl's own plugins know. */
function refuseForeignLogins(user: Fields, path: string): void {
  const foreign = ['exec', 'auth-provider'].find((field) => user[field] !== undefined)
  if (foreign === undefined) return
  throw problem(
    `${path} logs in by \`${foreign}\`, which dabba does not do`,
    'Use a token: kubectl create token, or kubectl proxy and a kubeconfig that names it',
  )
}

/** `name-data` in base64, or the content of the file that `name` names. */
function contentOf(fields: Fields, name: string, folder: string): string | undefined {
  const data = fields[`${name}-data`]
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8')
  const path = fields[name]
  return typeof path === 'string' ? readBeside(path, folder) : undefined
}

function tokenOf(user: Fields, folder: string): string | undefined {
  const { token, tokenFile } = user
  if (typeof token === 'string') return token
  return typeof tokenFile === 'string' ? readBeside(tokenFile, folder).trim() : undefined
}

function readBeside(path: string, folder: string): string {
  const whole = resolve(folder, path)
  try {
    return readFileSync(whole, 'utf8')
  } catch (error) {
    throw problem(`Cannot read ${whole}, which the kubeconfig names: ${systemReason(error)}`, 'Check who may read it')
  }
}

function problem(message: string, hint: string): UserError {
  return new UserError('DABBA_KUBECONFIG', { message, hint })
}
