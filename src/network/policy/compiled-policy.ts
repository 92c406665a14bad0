import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../api/types.generated.ts'
import { printKey } from '../../api/object.ts'
import { EVERYTHING, type LabelMatcher, NOTHING, SelectorError } from '../../api/selectors/label-matcher.ts'
import { matcherOfSelector } from '../../api/selectors/label-selector.ts'
import { contains } from '../address-range.ts'

/** A NetworkPolicy, its selectors read once. */
export interface CompiledPolicy {
  /** `namespace/name` */
  readonly key: string
  readonly namespace: string
  selects(labels: Labels | undefined): boolean
  /** Undefined where the policy does not speak of that direction. */
  readonly ingress: readonly Rule[] | undefined
  readonly egress: readonly Rule[] | undefined
}

export type Direction = 'ingress' | 'egress'
export type Labels = Readonly<Record<string, string>>

export interface Rule {
  /** Undefined: everybody. */
  readonly peers: readonly ((party: Party) => boolean)[] | undefined
  /** Undefined: every port. */
  readonly ports: readonly PortRule[] | undefined
}

export interface PortRule {
  readonly protocol: string
  /** Undefined: every port of the protocol. */
  readonly port: number | string | undefined
  readonly endPort: number | undefined
}

/** One side of a connection as policies see it. */
export interface Party {
  /** Undefined: an address outside of the cluster that nobody knows yet. */
  readonly ip: string | undefined
  /** Undefined: no pod, or one that shares the network of its node. */
  readonly pod?: {
    readonly namespace: string
    readonly labels: Labels | undefined
    readonly namespaceLabels: Labels | undefined
  }
}

/** Where a connection is to arrive. */
export interface TargetPort {
  readonly protocol: string
  readonly number: number
  /** The names that the pod there has for it. */
  readonly names: readonly string[]
}

export function compilePolicy({ metadata, spec }: NetworkPolicy): CompiledPolicy {
  const { namespace = 'default' } = metadata
  const types = policyTypesOf(spec)
  const pods = matcherOf(spec.podSelector ?? {})
  const rules = (list: readonly RuleSource[] = []): readonly Rule[] => list.map((rule) => compileRule(rule, namespace))
  return {
    key: printKey(metadata),
    namespace,
    selects: (labels) => pods.matches(labels),
    ingress: types.includes('Ingress')
      ? rules(spec.ingress?.map(({ from, ports }) => ({ peers: from, ports })))
      : undefined,
    egress: types.includes('Egress') ? rules(spec.egress?.map(({ to, ports }) => ({ peers: to, ports }))) : undefined,
  }
}

/** Whether one of the rules lets a connection pass: with `party`, at the port of the target. */
export function isAllowed(rules: readonly Rule[], party: Party, target: TargetPort): boolean {
  return rules.some(
    ({ peers, ports }) =>
      (peers === undefined || peers.some((peer) => peer(party))) &&
      (ports === undefined || ports.some((port) => portFits(port, target))),
  )
}

/** Without `policyTypes`, ingress always, and egress where there are rules for it (k8s.io/api networking/v1: NetworkPolicySpec). */
function policyTypesOf({ policyTypes = [], egress = [] }: NetworkPolicySpec): readonly string[] {
  if (policyTypes.length > 0) return policyTypes
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

interface RuleSource {
  readonly peers: readonly NetworkPolicyPeer[] | undefined
  readonly ports: readonly NetworkPolicyPort[] | undefined
}

/** An empty list restricts nothing, as one that is absent. */
function compileRule({ peers = [], ports = [] }: RuleSource, namespace: string): Rule {
  return {
    peers: peers.length === 0 ? undefined : peers.map((peer) => compilePeer(peer, namespace)),
    ports:
      ports.length === 0
        ? undefined
        : ports.map(({ protocol = 'TCP', port, endPort }) => ({ protocol, port, endPort })),
  }
}

function compilePeer(
  { ipBlock, podSelector, namespaceSelector }: NetworkPolicyPeer,
  namespace: string,
): (party: Party) => boolean {
  if (ipBlock !== undefined) return ({ ip }) => blockHolds(ipBlock, ip)
  const pods = podSelector === undefined ? EVERYTHING : matcherOf(podSelector)
  if (namespaceSelector === undefined) {
    // By itself a podSelector means the pods of the policy's own namespace.
    return ({ pod }) => pod !== undefined && pod.namespace === namespace && pods.matches(pod.labels)
  }
  const namespaces = matcherOf(namespaceSelector)
  return ({ pod }) => pod !== undefined && namespaces.matches(pod.namespaceLabels) && pods.matches(pod.labels)
}

function matcherOf(selector: Parameters<typeof matcherOfSelector>[0]): LabelMatcher {
  try {
    return matcherOfSelector(selector)
  } catch (error) {
    // Validation admits none such; one that a store kept from elsewhere selects nothing.
    if (error instanceof SelectorError) return NOTHING
    throw error
  }
}

function blockHolds({ cidr, except = [] }: IPBlock, ip: string | undefined): boolean {
  // Of an address that is not known, only what holds for all is certain.
  if (ip === undefined) return cidr.endsWith('/0') && except.length === 0
  return contains(cidr, ip) && !except.some((hole) => contains(hole, ip))
}

function portFits({ protocol, port, endPort }: PortRule, target: TargetPort): boolean {
  if (protocol !== target.protocol) return false
  if (port === undefined) return true
  if (typeof port === 'string') return target.names.includes(port)
  return endPort === undefined ? target.number === port : target.number >= port && target.number <= endPort
}
