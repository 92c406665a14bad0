import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import type {
  AuthorizationAction,
  AuthorizationCondition,
  AuthorizationPolicy,
  AuthorizationRule,
} from '../config/types/authorization-policy.ts'
import type { MeshRequest } from '../route/request.ts'
import { compile } from '../snapshot.ts'
import { auditOf, authorize, authorizerOf } from './authorizer.ts'
import type { PeerConnection } from './connection.ts'

/*
 * What Istio's documentation says of AuthorizationPolicy, sentence by sentence and as slow as that is, beside what was
 * compiled: both have to name the same rule.
 */

type Texts = Readonly<Record<string, readonly string[] | undefined>>

interface Call {
  readonly connection: PeerConnection
  readonly request: MeshRequest | undefined
}

const HTTP_FIELDS: ReadonlySet<string> = new Set(['requestPrincipals', 'hosts', 'methods', 'paths'])

/** "If a request matches a DENY policy, deny. If there are no ALLOW policies, allow. If one matches, allow. Deny." */
function read(policies: readonly AuthorizationPolicy[], call: Call): string {
  const first = (action: AuthorizationAction): string | undefined => {
    for (const { metadata, spec = {} } of policies) {
      if ((spec.action ?? 'ALLOW') !== action) continue
      const index = (spec.rules ?? []).findIndex((rule) => rule !== null && ruleFits(rule, action, call))
      if (index >= 0) return `${action} ${metadata.name} ${index}`
    }
    return undefined
  }
  const hasAllow = policies.some(({ spec }) => (spec?.action ?? 'ALLOW') === 'ALLOW')
  const verdict = first('DENY') ?? (hasAllow ? (first('ALLOW') ?? 'refused') : 'open')
  return `${verdict}, audit ${first('AUDIT') ?? 'nothing'}`
}

/** "A match occurs when at least one source, operation and all conditions match the request." */
function ruleFits(
  { from = [], to = [], when = [] }: AuthorizationRule,
  action: AuthorizationAction,
  call: Call,
): boolean {
  const asksHttp = [
    ...from.flatMap(({ source = {} }) => Object.keys(source)),
    ...to.flatMap(({ operation = {} }) => Object.keys(operation)),
    ...when.flatMap(({ key }) => (key.startsWith('request.') ? ['hosts'] : [])),
  ].some((name) => HTTP_FIELDS.has(positive(name)))
  // "For plain TCP, rules with HTTP attributes are ignored by ALLOW, and attributes are by DENY."
  if (call.request === undefined && action === 'ALLOW' && asksHttp) return false
  const source = from.length === 0 || from.some((entry) => fieldsFit((entry.source ?? {}) as Texts, call))
  const operation = to.length === 0 || to.some((entry) => fieldsFit((entry.operation ?? {}) as Texts, call))
  return source && operation && when.every((condition) => conditionFits(condition, call))
}

function positive(name: string): string {
  return name.replace(/^not(.)/, (_, letter: string) => letter.toLowerCase())
}

/** "Fields in the source are ANDed together", values are ORed. */
function fieldsFit(fields: Texts, call: Call): boolean {
  return Object.entries(fields).every(([name, values = []]) => {
    const field = positive(name)
    if (call.request === undefined && HTTP_FIELDS.has(field)) return true
    const isOne = values.some((value) => fieldFits(field, value, call))
    return name === field ? isOne : !isOne
  })
}

function conditionFits({ key, values = [], notValues = [] }: AuthorizationCondition, call: Call): boolean {
  if (call.request === undefined && key.startsWith('request.')) return true
  const isOneOf = (list: readonly string[]) => list.some((value) => fieldFits(key, value, call))
  return (values.length === 0 || isOneOf(values)) && !isOneOf(notValues)
}

function fieldFits(field: string, value: string, { connection, request }: Call): boolean {
  const { principal } = connection
  const [domain = '', , namespace = '', , account = ''] = (principal ?? '').split('/')
  const claims = (request?.claims ?? {}) as Readonly<Record<string, string>>
  switch (field) {
    case 'principals':
    case 'source.principal':
      return principal !== undefined && fits(value, principal)
    case 'namespaces':
    case 'source.namespace':
      return principal !== undefined && globFits(value, namespace)
    case 'serviceAccounts':
      return principal !== undefined && (value === account ? namespace === 'shop' : value === `${namespace}/${account}`)
    case 'trustDomains':
      return principal !== undefined && globFits(value, domain)
    case 'ipBlocks':
    case 'source.ip':
      return isIn(value, connection.sourceAddress)
    case 'remoteIpBlocks':
      return isIn(value, request?.clientAddress ?? connection.sourceAddress)
    case 'requestPrincipals':
      return 'iss' in claims && fits(value, `${claims['iss'] ?? ''}/${claims['sub'] ?? ''}`)
    case 'request.auth.claims[role]':
      return 'role' in claims && fits(value, claims['role'] ?? '')
    case 'request.headers[x-region]':
      return request?.headers?.['x-region'] !== undefined && fits(value, request.headers['x-region'])
    case 'hosts':
      return fits(value.toLowerCase(), (request?.authority ?? '').toLowerCase())
    case 'methods':
      return fits(value, request?.method ?? '')
    case 'paths':
      return value.includes('{') ? templateFits(value, request?.path ?? '') : fits(value, request?.path ?? '')
    case 'ports':
    case 'destination.port':
      return Number(value) === connection.destinationPort
    case 'connection.sni':
      return fits(value, connection.sni ?? '')
    default:
      throw new Error(`the documentation has no ${field}`)
  }
}

/** "Exact, prefix, suffix and presence match." */
function fits(value: string, text: string): boolean {
  if (value === '*') return text !== ''
  if (value.startsWith('*')) return text.endsWith(value.slice(1))
  return value.endsWith('*') ? text.startsWith(value.slice(0, -1)) : text === value
}

function globFits(value: string, text: string): boolean {
  const [start = '', end] = value.split('*')
  if (end === undefined) return value === text
  return text.length >= value.length - 1 && text.startsWith(start) && text.endsWith(end)
}

function isIn(block: string, address: string): boolean {
  const [start = '', bits = '32'] = block.split('/')
  const list = new BlockList()
  list.addSubnet(start, Number(bits))
  return list.check(address)
}

/** "{*} matches one segment, {**} zero or more characters of any." */
function templateFits(template: string, path: string): boolean {
  const written = template.split('/')
  const segments = path.split('/')
  const any = written.indexOf('{**}')
  const fitsAt = (want: string | undefined, got: string | undefined) => (want === '{*}' ? got !== '' : want === got)
  if (any < 0) return written.length === segments.length && written.every((want, at) => fitsAt(want, segments[at]))
  const tail = written.slice(any + 1)
  return (
    segments.length >= written.length &&
    written.slice(0, any).every((want, at) => fitsAt(want, segments[at])) &&
    tail.every((want, at) => fitsAt(want, segments[segments.length - tail.length + at]))
  )
}

const PRINCIPALS = ['td/ns/shop/sa/web', 'td/ns/pay/sa/web', 'td2/ns/shop/sa/cron']

const VALUES: Readonly<Record<string, readonly string[]>> = {
  principals: ['*', ...PRINCIPALS, 'td/ns/*', '*/sa/web'],
  namespaces: ['shop', 'pay', 's*', '*'],
  serviceAccounts: ['web', 'pay/web', 'cron'],
  trustDomains: ['td', 'td2', 'td*', '*'],
  ipBlocks: ['10.0.0.1', '10.0.0.0/24', '10.1.0.0/16', '0.0.0.0/0'],
  remoteIpBlocks: ['10.0.0.1', '203.0.113.0/25'],
  requestPrincipals: ['*', 'iss/sub', 'iss/*', '*/sub'],
  hosts: ['cart', 'CART*', '*.in', '*'],
  methods: ['GET', 'P*', '*'],
  paths: ['/tea', '/tea*', '*/green', '*', '/{*}/green', '/tea/{**}', '/{**}/green'],
  ports: ['80', '8080'],
  'source.principal': ['*', ...PRINCIPALS],
  'source.namespace': ['shop', '*y'],
  'source.ip': ['10.0.0.0/31', '10.1.2.3'],
  'request.auth.claims[role]': ['admin', 'a*', '*'],
  'request.headers[x-region]': ['mumbai', '*i', 'd*'],
  'destination.port': ['80', '8080'],
  'connection.sni': ['cart', '*'],
}

const SOURCE = [
  'principals',
  'namespaces',
  'serviceAccounts',
  'trustDomains',
  'ipBlocks',
  'remoteIpBlocks',
  'requestPrincipals',
]
const OPERATION = ['hosts', 'methods', 'paths', 'ports']
const KEYS = Object.keys(VALUES).filter((name) => name.includes('.'))

function valuesOf(name: string): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.constantFrom(...(VALUES[name] ?? [])), { minLength: 1, maxLength: 3 })
}

/** Some fields, or their opposites. */
function fieldsOf(names: readonly string[]): fc.Arbitrary<Texts> {
  const field = fc
    .constantFrom(...names)
    .chain((name) =>
      fc
        .tuple(fc.boolean(), valuesOf(name))
        .map(([isPositive, values]): [string, string[]] => [
          isPositive ? name : `not${name.charAt(0).toUpperCase()}${name.slice(1)}`,
          values,
        ]),
    )
  return fc.uniqueArray(field, { maxLength: 3, selector: ([name]) => name }).map((fields) => Object.fromEntries(fields))
}

const condition = fc
  .constantFrom(...KEYS)
  .chain((key) =>
    fc.record({ key: fc.constant(key), values: valuesOf(key), notValues: valuesOf(key) }, { requiredKeys: ['key'] }),
  )

const rule: fc.Arbitrary<AuthorizationRule> = fc.record(
  {
    from: fc.array(
      fieldsOf(SOURCE).map((source) => ({ source })),
      { maxLength: 2 },
    ),
    to: fc.array(
      fieldsOf(OPERATION).map((operation) => ({ operation })),
      { maxLength: 2 },
    ),
    when: fc.array(condition, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)

const policies = fc
  .array(
    fc.record(
      {
        action: fc.constantFrom<AuthorizationAction>('ALLOW', 'DENY', 'AUDIT'),
        rules: fc.array(rule, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 4 },
  )
  .map((specs) =>
    specs.map((spec, index): AuthorizationPolicy => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: `p${index}`, namespace: 'shop' },
      spec,
    })),
  )

const connection: fc.Arbitrary<PeerConnection> = fc.record({
  principal: fc.constantFrom(undefined, ...PRINCIPALS),
  sourceAddress: fc.constantFrom('10.0.0.1', '10.1.2.3', '192.0.2.1'),
  destinationAddress: fc.constant('10.0.0.9'),
  destinationPort: fc.constantFrom(80, 8080, 9),
  sni: fc.constantFrom(undefined, 'cart', 'tea'),
})

const request: fc.Arbitrary<MeshRequest> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST'),
  scheme: fc.constant('http'),
  authority: fc.constantFrom('cart', 'Cart:80', 'shop.in'),
  path: fc.constantFrom('/tea', '/tea/green', '/tea/', '/a/green', '/a/b/green'),
  headers: fc.constantFrom({}, { 'x-region': 'mumbai' }, { 'x-region': '' }),
  claims: fc.constantFrom(undefined, { iss: 'iss', sub: 'sub' }, { iss: 'iss', sub: 'x', role: 'admin' }),
  clientAddress: fc.constantFrom(undefined, '203.0.113.7', '203.0.113.200'),
})

test('what was compiled names the rule that the documentation names', () => {
  fc.assert(
    fc.property(policies, connection, fc.option(request, { nil: undefined }), (list, peer, sent) => {
      const authorizer = authorizerOf(compile(list, DEFAULT_MESH), { namespace: 'shop', labels: {} })
      const { allowed, action, policy, rule: index, candidates } = authorize(authorizer, peer, sent)
      const open = candidates === undefined ? 'open' : 'refused'
      const verdict = policy === undefined ? open : `${action} ${policy.slice('shop/'.length)} ${index ?? ''}`
      const audit = auditOf(authorizer, peer, sent)
      const told = `${verdict}, audit ${audit === undefined ? 'nothing' : `AUDIT ${audit.name} ${audit.rule}`}`
      expect(told).toBe(read(list, { connection: peer, request: sent }))
      expect(allowed).toBe(verdict === 'open' || (policy !== undefined && action === 'ALLOW'))
    }),
    { numRuns: 1_500 },
  )
})
