import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { type IpPrefix, networkOf, parsePrefix, sameIp } from '../../names/ip-address.ts'
import { validateLegacyCidr } from '../../names/ip.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validatePortName, validatePortNumber } from '../../names/words.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { type Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/networking/validation/validation.go ValidateNetworkPolicy and ValidateNetworkPolicyUpdate. */
export function* validateNetworkPolicy(
  { metadata, spec }: NetworkPolicy,
  old: NetworkPolicy | undefined,
): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  if (spec !== old?.spec) yield* validateSpec(spec, old?.spec)
}

/** Every block of addresses in a policy, with the field that it stands at. */
export function ipBlocksOf(spec: NetworkPolicySpec | undefined): readonly (IPBlock & { readonly field: string })[] {
  return rulesOf(spec).flatMap(({ peers, peersField }) =>
    peers.flatMap(({ ipBlock }, index) =>
      ipBlock === undefined ? [] : [{ ...ipBlock, field: `${peersField}[${index}].ipBlock` }],
    ),
  )
}

const POLICY_TYPES: readonly string[] = ['Ingress', 'Egress']

function* validateSpec(spec: NetworkPolicySpec, old: NetworkPolicySpec | undefined): Generator<Cause> {
  yield* validateLabelSelector(spec.podSelector, 'spec.podSelector')
  const validBefore = ipBlocksOf(old).flatMap(({ cidr, except = [] }) => [cidr, ...except])
  for (const { ports, portsField, peers, peersField } of rulesOf(spec)) {
    for (const [index, port] of ports.entries()) yield* validatePort(port, `${portsField}[${index}]`)
    for (const [index, peer] of peers.entries()) yield* validatePeer(peer, `${peersField}[${index}]`, validBefore)
  }
  const { policyTypes = [] } = spec
  if (policyTypes.length > POLICY_TYPES.length) {
    yield invalidValue('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')
    return
  }
  for (const [index, type] of policyTypes.entries()) {
    if (!POLICY_TYPES.includes(type)) yield notSupported(`spec.policyTypes[${index}]`, type, POLICY_TYPES)
  }
}

interface Rule {
  readonly ports: readonly NetworkPolicyPort[]
  readonly portsField: string
  readonly peers: readonly NetworkPolicyPeer[]
  readonly peersField: string
}

/** What comes in, then what goes out. */
function rulesOf(spec: NetworkPolicySpec | undefined): readonly Rule[] {
  const { ingress = [], egress = [] } = spec ?? {}
  return [
    ...ingress.map(({ ports = [], from = [] }, index): Rule => {
      const field = `spec.ingress[${index}]`
      return { ports, portsField: `${field}.ports`, peers: from, peersField: `${field}.from` }
    }),
    ...egress.map(({ ports = [], to = [] }, index): Rule => {
      const field = `spec.egress[${index}]`
      return { ports, portsField: `${field}.ports`, peers: to, peersField: `${field}.to` }
    }),
  ]
}

const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP']

function* validatePort({ protocol, port, endPort }: NetworkPolicyPort, field: string): Generator<Cause> {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    yield notSupported(`${field}.protocol`, protocol, PROTOCOLS)
  }
  const end = `${field}.endPort`
  if (port === undefined) {
    if (endPort !== undefined) yield invalidValue(end, endPort, 'may not be specified when `port` is not specified')
  } else if (typeof port === 'number') {
    yield* invalidFor(`${field}.port`, port, validatePortNumber(port))
    if (endPort === undefined) return
    if (endPort < port) yield invalidValue(end, port, 'must be greater than or equal to `port`')
    yield* invalidFor(end, endPort, validatePortNumber(endPort))
  } else {
    if (endPort !== undefined) yield invalidValue(end, endPort, 'may not be specified when `port` is non-numeric')
    yield* invalidFor(`${field}.port`, port, validatePortName(port))
  }
}

function* validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  field: string,
  validBefore: readonly string[],
): Generator<Cause> {
  yield* validateLabelSelector(podSelector, `${field}.podSelector`)
  yield* validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)
  if (ipBlock !== undefined) yield* validateIpBlock(ipBlock, `${field}.ipBlock`, validBefore)
  const hasSelector = podSelector !== undefined || namespaceSelector !== undefined
  if (!hasSelector && ipBlock === undefined) yield required(field, 'must specify a peer')
  else if (hasSelector && ipBlock !== undefined) {
    yield forbiddenField(field, 'may not specify both ipBlock and another peer')
  }
}

function* validateIpBlock(
  { cidr = '', except = [] }: Unchecked<IPBlock>,
  field: string,
  validBefore: readonly string[],
): Generator<Cause> {
  if (cidr === '') {
    yield required(`${field}.cidr`, '')
    return
  }
  yield* validateLegacyCidr(cidr, `${field}.cidr`, { validBefore })
  const whole = parsePrefix(cidr)
  if (whole === undefined) return
  for (const [index, text] of except.entries()) {
    const place = `${field}.except[${index}]`
    yield* validateLegacyCidr(text, place, { validBefore })
    const part = parsePrefix(text)
    if (part !== undefined && !isStrictlyWithin(part, whole)) {
      yield invalidValue(place, text, 'must be a strict subset of `cidr`')
    }
  }
}

function isStrictlyWithin(part: IpPrefix, whole: IpPrefix): boolean {
  if (part.address.writtenAs !== whole.address.writtenAs || part.length <= whole.length) return false
  return sameIp(networkOf({ ...part, length: whole.length }), networkOf(whole))
}
