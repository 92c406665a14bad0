import type { AuthorizationPolicy, AuthorizationRule } from '../../../src/mesh/config/types/authorization-policy.ts'
import type { Random } from '../../../src/world/random.ts'
import type { Call } from './envoy-rbac.ts'

/** What a rule asks about, each with values that may fit, nearly fit, or not fit. */
type Pools = Map<string, (string | undefined)[]>

/** How often a call takes what the rule in mind mentions, and not something else. */
const AIMED_RATIO = 0.85

interface CallOptions {
  /** Of the mesh: identities are asked for in each. */
  readonly trustDomains: readonly string[]
  readonly random: Random
}

/** Makes up calls, most of them close to what the policies speak of. */
export function callsAbout(policies: readonly AuthorizationPolicy[], options: CallOptions): () => Call {
  const rules = policies.flatMap(({ spec }) => spec?.rules ?? []).filter((rule) => rule !== null)
  const pools = rules.map((rule) => poolsOf(rule, options.trustDomains))
  const others = joined([...pools, NOISE])
  const { random } = options
  return () => {
    const aim = pools[random.below(Math.max(pools.length, 1))] ?? NOISE
    const pick = (name: string) => {
      const from = (random.next() < AIMED_RATIO ? aim.get(name) : undefined) ?? others.get(name) ?? []
      return from[random.below(from.length)]
    }
    return callOf(pick, [...others.keys()])
  }
}

const NOISE: Pools = new Map<string, (string | undefined)[]>([
  ['principal', [undefined, 'cluster.local/ns/other/sa/other', 'td1/ns/foo/sa/x']],
  ['source.ip', ['1.2.3.4', '203.0.113.9', 'fd00::1']],
  ['remote.ip', ['1.2.3.4', '203.0.113.10']],
  ['destination.ip', ['10.10.10.10', '192.168.10.77', '203.0.113.11']],
  ['destination.port', ['80', '8000', '12345']],
  ['connection.sni', [undefined, 'other.example']],
  ['host', ['other.example', 'other.example:80']],
  ['method', ['GET', 'BREW']],
  ['path', ['/', '/other', '/other?x']],
  ['claim:iss', [undefined, 'issuer']],
  ['claim:sub', [undefined, 'subject']],
])

/** Which pool a field or key fills; identities are put together from their parts. */
const POOL_OF: Readonly<Record<string, string>> = {
  ipBlocks: 'source.ip',
  remoteIpBlocks: 'remote.ip',
  hosts: 'host',
  methods: 'method',
  paths: 'path',
  ports: 'destination.port',
  'request.auth.audiences': 'claim:aud',
  'request.auth.presenter': 'claim:azp',
}

/** The parts of an identity, by the names of fields and of keys that ask for them. */
const IDENTITY: Readonly<Record<string, (value: string) => string>> = {
  principals: (value) => value,
  'source.principal': (value) => value,
  namespaces: (value) => `cluster.local/ns/${value}/sa/any`,
  'source.namespace': (value) => `cluster.local/ns/${value}/sa/any`,
  trustDomains: (value) => `${value}/ns/any/sa/any`,
  'source.trustDomain': (value) => `${value}/ns/any/sa/any`,
  serviceAccounts: accountIdentity,
  'source.serviceAccount': accountIdentity,
}

function accountIdentity(value: string): string {
  const [namespace, name] = value.includes('/') ? value.split('/') : ['foo', value]
  return `cluster.local/ns/${namespace ?? ''}/sa/${name ?? ''}`
}

function poolsOf({ from = [], to = [], when = [] }: AuthorizationRule, trustDomains: readonly string[]): Pools {
  const pools: Pools = new Map()
  const add = (pool: string, ...values: string[]) => pools.set(pool, [...(pools.get(pool) ?? []), ...values])
  const note = (field: string, value: string) => {
    const identity = IDENTITY[field]
    if (identity !== undefined)
      return instances(identity(value)).forEach((text) => add('principal', ...inDomains(text)))
    if (field === 'requestPrincipals' || field === 'request.auth.principal') {
      for (const text of instances(value)) {
        const slash = text.lastIndexOf('/')
        add('claim:iss', slash < 0 ? text : text.slice(0, slash))
        add('claim:sub', text.slice(slash + 1))
      }
      return undefined
    }
    if (field.endsWith('ip') || field.endsWith('IpBlocks') || field === 'ipBlocks') {
      return add(POOL_OF[field] ?? field, value.replace(/\/\d+$/, '').replace(/\.0$/, '.7'))
    }
    return add(POOL_OF[field] ?? field.replace('request.auth.claims', 'claim:'), ...instances(value))
  }
  const inDomains = (identity: string) => [
    identity,
    ...trustDomains.map((domain) => [domain, ...identity.split('/').slice(1)].join('/')),
  ]
  const fields = [...from.map(({ source = {} }) => source), ...to.map(({ operation = {} }) => operation)]
  for (const entry of fields) {
    for (const [name, values = []] of Object.entries(entry) as [string, readonly string[] | undefined][]) {
      const field = name.replace(/^not(.)/, (_, letter: string) => letter.toLowerCase())
      for (const value of values) note(field, value)
    }
  }
  for (const { key, values = [], notValues = [] } of when)
    for (const value of [...values, ...notValues]) note(key, value)
  return pools
}

/** Texts that a value means, and one that it nearly means. */
function instances(value: string): readonly string[] {
  const filled = value.replaceAll('{**}', 'a/b').replaceAll('{*}', 'a')
  return [filled.replaceAll('*', 'any'), filled.replaceAll('*', ''), `${filled.replaceAll('*', 'x')}x`]
}

function joined(all: readonly Pools[]): Pools {
  const pools: Pools = new Map()
  for (const [name, values] of all.flatMap((one) => [...one])) pools.set(name, [...(pools.get(name) ?? []), ...values])
  return pools
}

function callOf(pick: (name: string) => string | undefined, names: readonly string[]): Call {
  const [path = '/', query] = (pick('path') ?? '/').split('?')
  const sni = pick('connection.sni')
  const headers: Record<string, string> = {}
  const claims: Record<string, unknown> = {}
  const metadata: Record<string, Record<string, unknown>> = {}
  for (const name of names) {
    const value = pick(name)
    if (value === undefined) continue
    const [, header] = /^request\.headers\[([^:].*)\]$/.exec(name) ?? []
    if (header !== undefined) headers[header.toLowerCase()] = value
    if (name.startsWith('claim:')) put(claims, name.slice('claim:'.length), value)
    const [, filter, key] = /^experimental\.(.*)\[(.*)\]$/.exec(name) ?? []
    if (filter !== undefined && key !== undefined) metadata[filter] = { [key]: value }
  }
  return {
    connection: {
      // An identity is never empty.
      principal: pick('principal') || undefined,
      sourceAddress: pick('source.ip') ?? '203.0.113.1',
      destinationAddress: pick('destination.ip') ?? '203.0.113.2',
      destinationPort: Number(pick('destination.port') ?? 80),
      ...(sni !== undefined && { sni }),
      metadata,
    },
    request: {
      method: pick('request.headers[:method]') ?? pick('method') ?? 'GET',
      scheme: 'http',
      authority: pick('host') ?? '',
      path,
      ...(query !== undefined && { query }),
      headers,
      claims,
      clientAddress: pick('remote.ip') ?? '203.0.113.3',
    },
  }
}

/** `a` or `[a][b]`; every other value is a list, as tokens have both. */
function put(claims: Record<string, unknown>, name: string, value: string): void {
  const names = name.startsWith('[') ? name.slice(1, -1).split('][') : [name]
  const isList = value.length % 2 === 0 && name !== 'iss' && name !== 'sub'
  let target = claims
  for (const part of names.slice(0, -1)) {
    const inner = (target[part] ?? {}) as Record<string, unknown>
    target[part] = inner
    target = inner
  }
  target[names.at(-1) ?? ''] = isList ? ['first', value] : value
}
