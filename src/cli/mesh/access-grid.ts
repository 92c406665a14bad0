import type { AuthorizationPolicy, AuthorizationSource } from '../../mesh/config/types/authorization-policy.ts'
import { principalOf } from '../../mesh/registry/workload.ts'
import { type Access, accessOf, portOf } from './access.ts'
import { policiesOf } from './workload-policies.ts'
import type { CallerIdentity } from './callers.ts'
import type { MeshModel } from './mesh-model.ts'
import { type PlainRule, plainRules } from './plain-rule.ts'
import type { MeshWorkload } from './workloads.ts'

/** Who may do what with one workload: a row for each kind of caller, a column for each kind of request. */
export interface AccessGrid {
  readonly target: string
  readonly operations: readonly string[]
  readonly rows: readonly GridRow[]
  readonly assumptions: readonly string[]
}

export interface GridRow {
  readonly caller: string
  /** From where; absent where it makes no difference. */
  readonly address?: string
  /** With which header; absent where it makes no difference. */
  readonly headers?: string
  readonly cells: readonly GridCell[]
}

export interface GridCell {
  readonly allowed: boolean
  /** Which rule of which policy. */
  readonly by?: string
  /** Who has to agree as well. */
  readonly asks?: readonly string[]
}

type Headers = Readonly<Record<string, string>>

/** What the policies themselves tell apart: values that they name, and for each kind one that they do not. */
interface Dimensions {
  readonly callers: readonly CallerIdentity[]
  readonly addresses: readonly string[]
  readonly headers: readonly Headers[]
  readonly operations: readonly { readonly method: string; readonly path: string; readonly host: string }[]
}

const OTHER_ADDRESS = '203.0.113.7'
const OTHER_VALUE = 'other'
const OTHER_PATH = '/other'
/** So many combinations of headers are tried one by one. */
const HEADER_SETS_MAX = 64

export function accessGrid(model: MeshModel, target: MeshWorkload, only: readonly CallerIdentity[]): AccessGrid {
  const policies = policiesOf(model, target)
  const all = dimensionsOf(model, target, policies)
  const callers = only.length > 0 ? only : all.callers
  const port = portOf(model, target, undefined)
  const rows = callers.flatMap((caller) => {
    const byAddress = all.addresses.map((address) => {
      const lines = all.headers.map((headers) => ({
        headers,
        cells: all.operations.map(({ method, path, host }) => {
          const request = { method, scheme: 'http', authority: host, path, headers }
          return cellOf(accessOf(model, { caller: { ...caller, address }, target, port, request }))
        }),
      }))
      return { address, lines: merged(lines) }
    })
    return mergedAddresses(byAddress, caller.title)
  })
  const operations = all.operations.map(
    ({ method, path, host }) => `${method} ${path}${host === hostOf(target) ? '' : ` ${host}`}`,
  )
  return { target: `${target.name}.${target.namespace}`, operations, rows, assumptions: model.assumptions }
}

function cellOf({ allowed, policy, rule, externalChecks }: Access): GridCell {
  const by = policy === undefined ? undefined : `${policy.replace(/^.*\//, '')}${rule === undefined ? '' : `[${rule}]`}`
  const asks = externalChecks.map(({ provider }) => provider)
  return { allowed, ...(by !== undefined && { by }), ...(asks.length > 0 && { asks }) }
}

interface Line {
  readonly headers?: string
  readonly cells: readonly GridCell[]
}

/** Lines that say the same become one. Where all do, what told them apart is left out. */
function merged(lines: readonly { readonly headers: Headers; readonly cells: readonly GridCell[] }[]): readonly Line[] {
  const groups = [...Map.groupBy(lines, ({ cells }) => JSON.stringify(cells)).values()]
  return groups.map((group) => ({
    cells: group[0]?.cells ?? [],
    ...(groups.length > 1 && { headers: headersText(group.map(({ headers }) => headers)) }),
  }))
}

function mergedAddresses(
  byAddress: readonly { readonly address: string; readonly lines: readonly Line[] }[],
  caller: string,
): readonly GridRow[] {
  const groups = [...Map.groupBy(byAddress, ({ lines }) => JSON.stringify(lines)).values()]
  return groups.flatMap((group) =>
    (group[0]?.lines ?? []).map((line) => ({
      caller,
      ...(groups.length > 1 && { address: group.map(({ address }) => addressText(address)).join(' | ') }),
      ...line,
    })),
  )
}

function addressText(address: string): string {
  return address === OTHER_ADDRESS ? 'elsewhere' : address
}

/** `x-api-version: v1 | v2`, where there is one header to speak of. */
function headersText(sets: readonly Headers[]): string {
  const names = unique(sets.flatMap((set) => Object.keys(set)))
  const [only] = names
  if (only !== undefined && names.length === 1) return `${only}: ${sets.map((set) => set[only] ?? 'none').join(' | ')}`
  return sets
    .map((set) => {
      const entries = Object.entries(set)
      return entries.length === 0 ? 'none' : entries.map(([name, value]) => `${name}: ${value}`).join(' ')
    })
    .join(' | ')
}

function dimensionsOf(model: MeshModel, target: MeshWorkload, policies: readonly AuthorizationPolicy[]): Dimensions {
  const rules = policies.flatMap(plainRules)
  const sources = rules.flatMap(({ from }) => from)
  const conditions = rules.flatMap(({ when }) => when)
  const valuesOf = (keys: readonly string[]) =>
    conditions.filter(({ key }) => keys.includes(key)).flatMap(({ values, notValues }) => [...values, ...notValues])
  const blocks = sources.flatMap(({ ipBlocks = [], notIpBlocks = [], remoteIpBlocks = [], notRemoteIpBlocks = [] }) => [
    ...ipBlocks,
    ...notIpBlocks,
    ...remoteIpBlocks,
    ...notRemoteIpBlocks,
  ])
  const addresses = [...blocks, ...valuesOf(['source.ip', 'remote.ip'])].map((block) => block.replace(/\/.*$/, ''))
  return {
    callers: callersOf(
      model,
      sources.flatMap(namedIdentities(model, policies)).concat(
        valuesOf(['source.principal']).map((value) => sample(value)),
        valuesOf(['source.namespace']).map((namespace) => anyIn(model, namespace)),
      ),
    ),
    addresses: unique([...addresses, OTHER_ADDRESS]),
    headers: headerSets(conditions),
    operations: operationsOf(rules, target),
  }
}

function namedIdentities(
  model: MeshModel,
  policies: readonly AuthorizationPolicy[],
): (source: AuthorizationSource) => readonly string[] {
  const home = policies[0]?.metadata.namespace ?? 'default'
  const { trustDomain = 'cluster.local' } = model.snapshot.mesh
  return ({
    principals = [],
    notPrincipals = [],
    namespaces = [],
    notNamespaces = [],
    serviceAccounts = [],
    notServiceAccounts = [],
  }) => [
    ...[...principals, ...notPrincipals].map((value) => sample(value)),
    ...[...namespaces, ...notNamespaces].map((namespace) => anyIn(model, namespace)),
    ...[...serviceAccounts, ...notServiceAccounts].map((account) => {
      const [namespace = home, name] = account.includes('/') ? account.split('/') : [home, account]
      return `${trustDomain}/ns/${namespace}/sa/${name ?? ''}`
    }),
  ]
}

/** Workloads that are known, identities that policies name, somebody else of the mesh, and who has no certificate. */
function callersOf({ workloads, snapshot: { mesh } }: MeshModel, named: readonly string[]): readonly CallerIdentity[] {
  const known = workloads.filter(({ hasSidecar }) => hasSidecar).map(principalOf)
  const stranger = `${mesh.trustDomain ?? 'cluster.local'}/ns/${OTHER_VALUE}/sa/${OTHER_VALUE}`
  const identities = unique([...named, ...known, stranger]).map((principal) => ({
    title: shortIdentity(principal),
    principal,
    address: OTHER_ADDRESS,
  }))
  return [...identities, { title: 'no certificate', principal: undefined, address: OTHER_ADDRESS }]
}

function operationsOf(rules: readonly PlainRule[], target: MeshWorkload): Dimensions['operations'] {
  const operations = rules.flatMap(({ to }) => to)
  const methods = operations.flatMap(({ methods: own = [], notMethods = [] }) => [...own, ...notMethods])
  const paths = operations.flatMap(({ paths: own = [], notPaths = [] }) => [...own, ...notPaths])
  const hosts = operations.flatMap(({ hosts: own = [], notHosts = [] }) => [...own, ...notHosts])
  const allMethods = unique([...methods, 'GET'].map((method) => method.replace('*', OTHER_VALUE)))
  const allPaths = unique([...paths.map(samplePath), OTHER_PATH])
  const allHosts = unique([...hosts.map((host) => host.replace('*', OTHER_VALUE)), hostOf(target)])
  return allHosts.flatMap((host) => allPaths.flatMap((path) => allMethods.map((method) => ({ method, path, host }))))
}

const HEADER_KEY = /^request\.headers\[(.+)\]$/

function headerSets(
  conditions: readonly { key: string; values?: readonly string[]; notValues?: readonly string[] }[],
): readonly Headers[] {
  const byName = new Map<string, string[]>()
  for (const { key, values = [], notValues = [] } of conditions) {
    const name = HEADER_KEY.exec(key)?.[1]?.toLowerCase()
    if (name === undefined) continue
    byName.set(name, [
      ...(byName.get(name) ?? []),
      ...[...values, ...notValues].map((value) => value.replace('*', OTHER_VALUE)),
    ])
  }
  let sets: readonly Headers[] = [{}]
  for (const [name, values] of byName) {
    const next = sets.flatMap((set) => [
      ...unique([...values, OTHER_VALUE]).map((value) => ({ ...set, [name]: value })),
      set,
    ])
    if (next.length > HEADER_SETS_MAX) return sets
    sets = next
  }
  return sets
}

function hostOf({ name, namespace }: MeshWorkload): string {
  return `${name}.${namespace}`
}

/** Somebody of a namespace: a workload that is there, or anybody. */
function anyIn({ workloads, snapshot: { mesh } }: MeshModel, namespace: string): string {
  const plain = namespace.replaceAll('*', OTHER_VALUE)
  const known = workloads.find((workload) => workload.namespace === plain && workload.hasSidecar)
  return known === undefined ? `${mesh.trustDomain ?? 'cluster.local'}/ns/${plain}/sa/any` : principalOf(known)
}

function sample(pattern: string): string {
  return pattern
    .replace(/^spiffe:\/\//, '')
    .replace(/^\*$/, `cluster.local/ns/${OTHER_VALUE}/sa/${OTHER_VALUE}`)
    .replace('*', OTHER_VALUE)
}

function samplePath(pattern: string): string {
  if (pattern === '*') return OTHER_PATH
  const filled = pattern.replaceAll(/\{\*\*?\}/g, OTHER_VALUE).replace('*', OTHER_VALUE)
  return filled.startsWith('/') ? filled : `/${filled}`
}

function shortIdentity(principal: string): string {
  const [, namespace = '', account = ''] = /\/ns\/([^/]+)\/sa\/(.+)$/.exec(principal) ?? []
  return namespace === '' ? principal : `${namespace}/${account}`
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)]
}
