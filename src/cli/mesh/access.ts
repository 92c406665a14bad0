import { authorize, authorizerOf, externalChecks } from '../../mesh/authorize/authorizer.ts'
import type { ExternalCheck } from '../../mesh/authorize/external.ts'
import { isOnTrial } from '../../mesh/authorize/compiled-policy.ts'
import type { Verdict } from '../../mesh/authorize/verdict.ts'
import type { PeerAuthentication } from '../../mesh/config/types/peer-authentication.ts'
import { peerModes } from '../../mesh/proxy/peer-mode.ts'
import { targetPortOf } from '../../mesh/registry/mesh-service.ts'
import { servicesAt } from '../../mesh/registry/services-at.ts'
import { type AccessQuestion, connectionOf } from './access-question.ts'
import type { MeshModel } from './mesh-model.ts'
import { type Place, titleOf } from './places.ts'
import { plainRules } from './plain-rule.ts'
import { type SilentVerdicts, silentVerdicts } from './silent-verdicts.ts'
import { whyNot } from './why-not.ts'
import { type Decided, policiesOf, rulePath, whoDecided } from './workload-policies.ts'
import { type MeshWorkload, selects } from './workloads.ts'

/** Whether a caller may do something, who decided, and what would have had to be otherwise. */
export interface Access extends Decided, SilentVerdicts {
  /** Where it was not allowed: what each rule that could have allowed it lacks. */
  readonly missed: readonly MissedRule[]
  /** Who has to agree as well, and cannot be asked by a tool. */
  readonly externalChecks: readonly ExternalQuestion[]
}

/** A service outside of the mesh's policies that is asked about a call, and which rule says so. */
export interface ExternalQuestion {
  readonly provider: string
  readonly over: 'HTTP' | 'gRPC'
  /** `HOST:PORT`. */
  readonly at: string
  readonly policy: string
  readonly rule: number
  readonly place?: Place
}

export interface MissedRule {
  readonly policy: string
  readonly rule: number
  readonly why: string
  readonly place: Place
}

/** What the proxy of the called workload says: first about the connection, then about the request. */
export function accessOf(model: MeshModel, question: AccessQuestion): Access {
  const { target, request } = question
  if (!target.hasSidecar) {
    return { ...NOTHING_ASKED, allowed: true, reason: `${target.name} has no sidecar: nobody asks who calls` }
  }
  // Listeners of a gateway ask for what its servers say.
  const refused = target.type === 'gateway' ? undefined : refusedByPeerMode(model, question)
  if (refused !== undefined) return refused
  const connection = connectionOf(question)
  const authorizer = authorizerOf(model.snapshot, target)
  const checks = externalChecks(authorizer, connection, request)
  const unanswered = checks.find(({ provider }) => provider === undefined)
  const verdict = unanswered?.refused ?? authorize(authorizer, connection, request)
  return {
    ...whoDecided(model, target, verdict),
    missed: missedRules(model, question, verdict),
    externalChecks: unanswered === undefined ? checks.flatMap((check) => questionOf(model, target, check)) : [],
    ...silentVerdicts(model, { question, connection, authorizer }),
  }
}

function questionOf(
  model: MeshModel,
  target: MeshWorkload,
  { provider, place: { namespace, name, rule } }: ExternalCheck,
): readonly ExternalQuestion[] {
  if (provider === undefined) return []
  const object = policiesOf(model, target).find(
    ({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace,
  )
  return [
    {
      provider: provider.name,
      over: provider.http === undefined ? 'gRPC' : 'HTTP',
      at: `${provider.host}:${provider.port}`,
      policy: object === undefined ? `${namespace}/${name}` : titleOf(object),
      rule,
      ...(object && { place: model.places.of(object, rulePath(rule)) }),
    },
  ]
}

/** The port of the workload behind the first HTTP port of its services, or behind a port that is named. */
export function portOf({ snapshot }: MeshModel, { addresses }: MeshWorkload, asked: number | undefined): number {
  for (const { service, endpoint } of servicesAt(snapshot, addresses)) {
    const served = service.ports.find(({ number, traffic }) =>
      asked === undefined ? traffic === 'http' || traffic === 'auto' : number === asked,
    )
    if (served !== undefined) return targetPortOf(endpoint, served)
  }
  return asked ?? DEFAULT_PORT
}

const DEFAULT_PORT = 8080
const NOTHING_ASKED = { missed: [], externalChecks: [] }

/** A workload that demands mutual TLS does not even answer others. */
function refusedByPeerMode(model: MeshModel, { caller, target, port }: AccessQuestion): Access | undefined {
  const { peerAuthentications, mesh } = model.snapshot
  const { namespace, labels } = target
  const modes = peerModes(peerAuthentications, { namespace, labels, rootNamespace: mesh.rootNamespace })
  const mode = modes.byPort.get(port) ?? modes.mode
  if (mode !== 'STRICT' || caller.principal !== undefined) return undefined
  const policy = decidingPeerAuthentication(model, target, port)
  return {
    ...NOTHING_ASKED,
    allowed: false,
    reason: 'mutual TLS is demanded, and the caller has no certificate of the mesh: the connection is closed',
    ...(policy && { policy: titleOf(policy), place: model.places.of(policy, ['spec', 'mtls', 'mode']) }),
  }
}

/** The narrowest that says a mode: of the workload, of its namespace, of the mesh. */
function decidingPeerAuthentication(
  { snapshot: { peerAuthentications, mesh } }: MeshModel,
  { namespace, labels }: MeshWorkload,
  port: number,
): PeerAuthentication | undefined {
  const saysMode = ({ spec }: PeerAuthentication): boolean =>
    (spec?.mtls?.mode ?? 'UNSET') !== 'UNSET' || spec?.portLevelMtls?.[port] !== undefined
  const selectorOf = ({ spec }: PeerAuthentication) => spec?.selector?.matchLabels ?? {}
  const isWide = (policy: PeerAuthentication): boolean => Object.keys(selectorOf(policy)).length === 0
  const at = (home: string) => peerAuthentications.filter(({ metadata }) => (metadata.namespace ?? 'default') === home)
  const own = at(namespace).filter((policy) => !isWide(policy) && selects(selectorOf(policy), labels))
  return [...own, ...at(namespace).filter(isWide), ...at(mesh.rootNamespace).filter(isWide)].find(saysMode)
}

/** Only where nothing denied outright: then some rule of an ALLOW policy would have had to match. */
function missedRules(model: MeshModel, question: AccessQuestion, verdict: Verdict): readonly MissedRule[] {
  if (verdict.allowed || verdict.policy !== undefined) return []
  const { mesh } = model.snapshot
  const trustDomains = [mesh.trustDomain ?? 'cluster.local', ...(mesh.trustDomainAliases ?? [])]
  return policiesOf(model, question.target)
    .filter((policy) => (policy.spec?.action ?? 'ALLOW') === 'ALLOW' && !isOnTrial(policy))
    .flatMap((policy) =>
      plainRules(policy).map((rule, index) => {
        const { namespace = 'default' } = policy.metadata
        const { path, why } = whyNot(rule, question, { namespace, trustDomains })
        const place = model.places.of(policy, ['spec', 'rules', index, ...path])
        return { policy: titleOf(policy), rule: index, why, place }
      }),
    )
}
