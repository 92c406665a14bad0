import { UserError } from '../../../base/user-error.ts'
import type { AuthorizationPolicy } from '../../../mesh/config/types/authorization-policy.ts'
import { isWildcard } from '../../../mesh/config/hosts.ts'
import { openServers } from '../../../mesh/proxy/gateway-servers.ts'
import type { MeshService } from '../../../mesh/registry/mesh-service.ts'
import { type AskedRequest, urlText } from '../asked-request.ts'
import { virtualServicesAbout } from '../considered.ts'
import { explainOutcome } from '../explain-route.ts'
import { type MeshModel, viewOf } from '../mesh-model.ts'
import { plainRules } from '../plain-rule.ts'
import { gatewayNamed } from '../parties.ts'
import { Bearing } from './bearing.ts'
import { type CallerGroup, callerGroups } from './callers.ts'
import { representativeRequests, type SampleRequest } from './representative-requests.ts'
import { type Signature, signatureOf } from './signature.ts'

/** A kind of request of which one set of files makes something else than the other. */
export interface Difference {
  readonly host: string
  /** An example of them. */
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
  }
  /** How many other examples differ in the same way. */
  readonly alike: number
  readonly callers: readonly string[]
  readonly changes: readonly Change[]
}

export interface Change {
  readonly what: keyof Signature
  readonly before: string
  readonly after: string
}

export interface MeshDifference {
  readonly differences: readonly Difference[]
  /** How many questions were asked of both. */
  readonly compared: number
  /** Hosts about which nothing had to be asked: all that bears on them is the same. */
  readonly untouched: number
}

/** So many questions take some seconds; more files than that are to be compared in parts. */
const QUESTIONS_MAX = 200_000

/** Asks both the same: for every caller, for every host, for every kind of request that either tells apart. */
export function diffMesh(before: MeshModel, after: MeshModel): MeshDifference {
  const models = [before, after]
  const hosts = hostsOf(models)
  const touched = touchedHosts(hosts, before, after)
  const groups = touched.length === 0 ? [] : callerGroups(models)
  const found = new Map<string, Difference>()
  let compared = 0
  for (const host of touched) {
    const requests = requestsFor(models, host)
    for (const callers of groups) {
      const [caller] = callers
      for (const asked of requests.flatMap((request) => askedBy(models, caller, { host, request }))) {
        if (++compared > QUESTIONS_MAX) throw tooMany()
        const changes = changesBetween(outcomeIn(before, caller, asked), outcomeIn(after, caller, asked))
        if (changes.length > 0) note(found, { host, callers, asked, changes })
      }
    }
  }
  return { differences: mergedCallers([...found.values()]), compared, untouched: hosts.length - touched.length }
}

/** Those on which something bears that is not the same on both sides. */
function touchedHosts(hosts: readonly string[], before: MeshModel, after: MeshModel): readonly string[] {
  const [own, other] = [new Bearing(before), new Bearing(after)]
  return own.common === other.common ? hosts.filter((host) => own.on(host) !== other.on(host)) : hosts
}

const ABSENT: Signature = { destination: 'the caller is not there', permission: '', handling: '' }

function outcomeIn(model: MeshModel, caller: string, asked: AskedRequest): Signature {
  try {
    return signatureOf(explainOutcome(model, caller, asked))
  } catch (error) {
    // A workload or a gateway that only the other side has.
    if (error instanceof UserError && error.code === 'DABBA_NOT_FOUND') return ABSENT
    throw error
  }
}

function changesBetween(before: Signature, after: Signature): readonly Change[] {
  const all = (['destination', 'permission', 'handling'] as const).map((what) => ({
    what,
    before: before[what],
    after: after[what],
  }))
  // Nobody is asked where nobody answers: then it is the destination that has changed.
  const known = all.filter((change) => change.what !== 'permission' || (change.before !== '' && change.after !== ''))
  const changed = known.filter((change) => change.before !== change.after)
  // How a request is handled says nothing new where it goes elsewhere altogether.
  return changed.some(({ what }) => what === 'destination')
    ? changed.filter(({ what }) => what !== 'handling')
    : changed
}

function note(
  found: Map<string, Difference>,
  {
    host,
    callers,
    asked,
    changes,
  }: { host: string; callers: CallerGroup; asked: AskedRequest; changes: readonly Change[] },
): void {
  const key = JSON.stringify([host, callers[0], changes])
  const known = found.get(key)
  const request = { method: asked.method, url: urlText(asked), headers: asked.headers }
  found.set(
    key,
    known === undefined ? { host, request, alike: 0, callers, changes } : { ...known, alike: known.alike + 1 },
  )
}

/** Callers of which the same is true are told of together. */
function mergedCallers(differences: readonly Difference[]): readonly Difference[] {
  const groups = Map.groupBy(differences, (one) => JSON.stringify({ ...one, callers: undefined }))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [{ ...first, callers: group.flatMap(({ callers }) => callers) }]
  })
}

function tooMany(): UserError {
  return new UserError('DABBA_USAGE', {
    message: `These files tell more than ${QUESTIONS_MAX} kinds of requests apart`,
    hint: 'Compare fewer of them at a time',
  })
}

/** Of services and of rules; a wildcard by a name that it covers. */
function hostsOf(models: readonly MeshModel[]): readonly string[] {
  const hosts = models.flatMap(({ snapshot }) => [
    ...snapshot.services.keys(),
    ...snapshot.routes.byHost.keys(),
    ...snapshot.routes.withWildcards.flatMap((item) => item.hosts.filter(isWildcard)),
  ])
  return [...new Set(hosts.map((host) => host.replace(/^\*/, 'any')))].toSorted()
}

function requestsFor(models: readonly MeshModel[], host: string): readonly SampleRequest[] {
  const matches = models.flatMap((model) =>
    virtualServicesAbout(model, host).flatMap(({ http }) => http.flatMap(({ rule }) => rule.match ?? [])),
  )
  const rules = models.flatMap(({ snapshot }) =>
    [...(snapshot.objects.get('AuthorizationPolicy')?.values() ?? [])].flatMap((policy) =>
      plainRules(policy as AuthorizationPolicy),
    ),
  )
  return representativeRequests(matches, rules)
}

/** A request on each port on which the caller could send it. */
function askedBy(
  models: readonly MeshModel[],
  caller: string,
  { host, request }: { readonly host: string; readonly request: SampleRequest },
): readonly AskedRequest[] {
  const ports = new Map(models.flatMap((model) => portsFor(model, caller, host)))
  return [...ports].map(([port, scheme]) => {
    const isTls = scheme === 'https' || scheme === 'tls'
    return { ...request, scheme, host, port, tls: isTls ? 'tls' : 'plaintext', ...(isTls && { sni: host }) }
  })
}

type Scheme = AskedRequest['scheme']

function portsFor(model: MeshModel, caller: string, host: string): readonly (readonly [number, Scheme])[] {
  if (caller.startsWith('ingress:')) return gatewayPorts(model, caller.slice('ingress:'.length))
  const service = model.snapshot.services.get(host)?.[0]
  return service === undefined ? [[80, 'http']] : service.ports.map((port) => [port.number, schemeOf(port)])
}

function schemeOf({ traffic }: MeshService['ports'][number]): Scheme {
  return traffic === 'tls' ? 'tls' : traffic === 'tcp' ? 'tcp' : 'http'
}

function gatewayPorts(model: MeshModel, name: string): readonly (readonly [number, Scheme])[] {
  const gateway = model.snapshot.gateways.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === name)
  return (gateway?.spec?.servers ?? []).map(({ port: { number } }) => {
    const party = gatewayNamed(model, name, { host: '', port: number })
    const kind = openServers(viewOf(model, party.proxy), party.listenPort)[0]?.kind
    const scheme: Scheme = kind === 'tls-http' ? 'https' : kind === 'http' ? 'http' : kind === 'tcp' ? 'tcp' : 'tls'
    return [number, scheme]
  })
}
