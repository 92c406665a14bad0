import type { YamlDocument } from '../../../api/yaml.ts'
import { deepEqual } from '../../../base/equal.ts'
import { MESH_GATEWAY, qualifiedGateway } from '../../../mesh/config/names.ts'
import type { HttpMatch, HttpRoute, VirtualService } from '../../../mesh/config/types/virtual-service.ts'
import type { MeshRequest } from '../../../mesh/route/request.ts'
import { requestMatch } from '../../../mesh/route/request-match.ts'
import { readManifests } from '../../up/manifests.ts'
import { askedRequest } from '../asked-request.ts'
import { explainRoute } from '../explain-route.ts'
import { type MeshModel, modelOfFiles } from '../mesh-model.ts'
import { type Place, placeText } from '../places.ts'
import { Fields, wrong } from './fields.ts'
import type { TestOutcome } from './outcome.ts'

/*
 * Files of istio-config-validator: each case says which requests, and what the rule that they reach has to hold, word for
 * word. As there, the first VirtualService with the host decides, and its first rule that matches; where Istio itself
 * would decide otherwise, that is said as a warning. Format: getyourguide/istio-config-validator docs/test-cases.md.
 */

const CASE_FIELDS = [
  'description',
  'wantMatch',
  'request',
  'route',
  'redirect',
  'rewrite',
  'fault',
  'headers',
  'delegate',
]
const REQUEST_FIELDS = ['authority', 'method', 'uri', 'headers']
/** What of a rule is compared, where the case says it. */
const COMPARED = ['route', 'rewrite', 'fault', 'headers', 'redirect'] as const

export function runValidatorTests(
  document: YamlDocument,
  { file, configs }: { readonly file: string; readonly configs: readonly string[] },
): readonly TestOutcome[] {
  if (configs.length === 0) throw wrong(`${file}:${document.line}`, 'name the files that it is about with -f')
  const model = modelOfFiles(readManifests(configs), { namespace: 'default', assumes: true })
  const fields = new Fields(document.value, `${file}:${document.line}`, ['testCases'])
  return fields.list('testCases').map((value, index) => {
    const line = document.lineOf(['testCases', index])
    return runCase(model, value, { file, line })
  })
}

interface Written {
  readonly object: VirtualService
  readonly rule: HttpRoute
  readonly place: Place
}

function runCase(
  model: MeshModel,
  value: unknown,
  { file, line }: { readonly file: string; readonly line: number },
): TestOutcome {
  const where = `${file}:${line}`
  const fields = new Fields(value, where, CASE_FIELDS)
  const wantMatch = fields.flag('wantMatch') ?? false
  const failures: string[] = []
  const otherwise = new Map<string, string[]>()
  for (const request of requestsOf(fields.raw('request'), where)) {
    const found = writtenRule(model, request, fields)
    const title = `${request.method} ${request.authority}${request.path}`
    for (const problem of problemsOf(fields, found, wantMatch)) failures.push(`${title}: ${problem}`)
    const warning = istioOtherwise(model, request, found)
    if (warning !== undefined) otherwise.set(warning, [...(otherwise.get(warning) ?? []), title])
  }
  const warnings = [...otherwise].map(([warning, [first = '', ...more]]) => {
    const others = more.length === 0 ? '' : ` and ${more.length} more`
    return `${first}${others}: ${warning}`
  })
  return { name: fields.text('description') ?? `case at line ${line}`, file, line, failures, warnings }
}

/** All combinations of hosts, methods and paths. */
function requestsOf(value: unknown, where: string): readonly MeshRequest[] {
  const fields = new Fields(value, where, REQUEST_FIELDS)
  const lists = { authority: fields.texts('authority'), method: fields.texts('method'), uri: fields.texts('uri') }
  for (const [name, list] of Object.entries(lists)) if (list.length === 0) throw wrong(where, `"${name}" is empty`)
  const headers = Object.fromEntries(
    Object.entries(fields.map('headers')).map(([name, text]) => [name.toLowerCase(), text]),
  )
  return lists.uri.flatMap((uri) =>
    lists.authority.flatMap((authority) =>
      lists.method.map((method) => ({ method, scheme: 'http', authority, path: uri.replace(/[?#].*$/, ''), headers })),
    ),
  )
}

function virtualServicesOf({ snapshot }: MeshModel): readonly VirtualService[] {
  return [...(snapshot.objects.get('VirtualService')?.values() ?? [])] as readonly VirtualService[]
}

/** A case that asks for a route looks through a delegate at the rules behind it. */
function writtenRule(
  model: MeshModel,
  request: MeshRequest,
  fields: Fields,
): { readonly found: Written | undefined; readonly behind: Written | undefined } {
  const owner = virtualServicesOf(model).find(({ spec }) => spec?.hosts?.includes(request.authority))
  const found = owner === undefined ? undefined : firstRule(model, owner, request)
  const delegate = found?.rule.delegate
  if (delegate === undefined || !fields.has('route')) return { found, behind: found }
  const target = virtualServicesOf(model).find(
    ({ metadata }) =>
      metadata.name === delegate.name &&
      (delegate.namespace === undefined || metadata.namespace === delegate.namespace),
  )
  return { found, behind: target === undefined ? undefined : firstRule(model, target, request) }
}

function firstRule(model: MeshModel, object: VirtualService, request: MeshRequest): Written | undefined {
  const rules = object.spec?.http ?? []
  const index = rules.findIndex(({ match }) => {
    const entries: readonly HttpMatch[] = match ?? []
    return entries.length === 0 || entries.some((entry) => requestMatch(entry)(request))
  })
  const rule = rules[index]
  return rule === undefined ? undefined : { object, rule, place: model.places.of(object, ['spec', 'http', index]) }
}

function problemsOf(
  fields: Fields,
  { found, behind }: { readonly found: Written | undefined; readonly behind: Written | undefined },
  wantMatch: boolean,
): readonly string[] {
  const compared = COMPARED.map((name) => ({ name, rule: behind }))
  return [{ name: 'delegate' as const, rule: found }, ...compared].flatMap(({ name, rule }) => {
    if (!fields.has(name)) return []
    // A case about a delegate says nothing of rules that delegate to nobody.
    if (name === 'delegate' && found?.rule.delegate === undefined) return []
    const actual = rule?.rule[name]
    if (deepEqual(withoutZeros(actual), withoutZeros(fields.raw(name))) === wantMatch) return []
    const where =
      rule === undefined ? 'no rule matches' : `${JSON.stringify(actual ?? null)} at ${placeText(rule.place)}`
    return [`${name} is ${wantMatch ? 'not' : 'just'} ${JSON.stringify(fields.raw(name))}: ${where}`]
  })
}

/** What is 0, empty or false and what is not written are the same to both. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(
    ([, part]) =>
      part !== null && part !== 0 && part !== '' && part !== false && !(Array.isArray(part) && part.length === 0),
  )
  return Object.fromEntries(entries.map(([name, part]) => [name, withoutZeros(part)]))
}

/** The validator looks at rules one by one; Istio joins, drops and orders them before. */
function istioOtherwise(
  model: MeshModel,
  request: MeshRequest,
  { behind }: { readonly behind: Written | undefined },
): string | undefined {
  const owner = virtualServicesOf(model).find(({ spec }) => spec?.hosts?.includes(request.authority))
  if (owner === undefined) return undefined
  const header = Object.entries(request.headers ?? {}).map(([name, text]) => `${name}: ${text}`)
  const { method, authority, path } = request
  const asked = askedRequest(`http://${authority}${path}`, {
    method,
    header,
    tls: undefined,
    sni: undefined,
    claim: [],
    ip: undefined,
  })
  const { rules, outcome } = explainRoute(model, callerOf(owner), asked)
  const taken = rules.find(({ verdict }) => verdict === 'taken')
  const expected = behind?.place
  if (taken?.place.file === expected?.file && isWithin(taken?.place.field, expected?.field)) return undefined
  const instead =
    taken === undefined ? (outcome.kind === 'refuse' ? outcome.why : 'no rule is taken') : placeText(taken.place)
  return `Istio itself decides otherwise: ${instead}`
}

/** Somebody who sees the VirtualService: its first gateway, or a sidecar in its namespace. */
function callerOf({ metadata, spec }: VirtualService): string {
  const [gateway = MESH_GATEWAY] = spec?.gateways ?? []
  const namespace = metadata.namespace ?? 'default'
  return gateway === MESH_GATEWAY ? `client.${namespace}` : `ingress:${qualifiedGateway(gateway, namespace)}`
}

function isWithin(field: string | undefined, rule: string | undefined): boolean {
  return field === rule || (rule !== undefined && field?.startsWith(`${rule}.`) === true)
}
