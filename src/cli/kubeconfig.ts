import { existsSync, readFileSync } from 'node:fs'
import { type Document, isMap, isSeq, parseDocument, stringify } from 'yaml'
import { UserError } from '../base/user-error.ts'
import type { Access } from '../client/access.ts'
import { systemReason } from './system-reason.ts'
import { writeWhole } from './whole-file.ts'

interface Kubeconfig {
  readonly apiVersion: 'v1'
  readonly kind: 'Config'
  readonly 'current-context': string
  readonly clusters: readonly NamedEntry[]
  readonly users: readonly NamedEntry[]
  readonly contexts: readonly NamedEntry[]
}

interface NamedEntry {
  readonly name: string
}

const LISTS = ['clusters', 'users', 'contexts'] as const

/** A kubeconfig with one cluster, one user and one context, all of one name. */
export function kubeconfigOf(name: string, access: Access): string {
  return stringify(entriesOf(name, access))
}

/** Writes a kubeconfig. One that is there already keeps what it says of other clusters, and its comments. */
export function writeKubeconfig(path: string, name: string, access: Access): void {
  const entries = entriesOf(name, access)
  const text = existsSync(path) ? merged(readConfig(path), entries) : stringify(entries)
  writeWhole(path, text, 'the kubeconfig')
}

function entriesOf(name: string, access: Access): Kubeconfig {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const own = `dabba-${name}`
  const cluster = { server: access.url, 'certificate-authority-data': base64(access.ca) }
  const user = { 'client-certificate-data': base64(access.certificate), 'client-key-data': base64(access.key) }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': own,
    clusters: [{ name: own, cluster } as NamedEntry],
    users: [{ name: own, user } as NamedEntry],
    contexts: [{ name: own, context: { cluster: own, user: own } } as NamedEntry],
  }
}

function readConfig(path: string): Document {
  try {
    const document = parseDocument(readFileSync(path, 'utf8'))
    const [error] = document.errors
    if (error !== undefined) throw new Error(error.message.split('\n')[0])
    if (document.contents !== null && !isMap(document.contents)) throw new Error('it is no kubeconfig')
    return document
  } catch (error) {
    throw new UserError('DABBA_FILE', {
      message: `Cannot add to the kubeconfig ${path}: ${systemReason(error)}`,
      hint: 'Mend it, or choose another path after --kubeconfig',
      cause: error,
    })
  }
}

function merged(document: Document, entries: Kubeconfig): string {
  if (document.contents === null) return stringify(entries)
  for (const field of ['apiVersion', 'kind', 'current-context'] as const) document.set(field, entries[field])
  for (const list of LISTS) {
    const there = document.get(list)
    const [own] = entries[list]
    if (!isSeq(there)) {
      document.set(list, document.createNode(entries[list]))
      continue
    }
    there.flow = false
    there.items = there.items.filter((item) => !isMap(item) || item.get('name') !== own?.name)
    there.add(document.createNode(own))
  }
  return document.toString({ lineWidth: 0 })
}
