import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { validateLegacyCidr, validateLegacyIp } from '../../names/ip.ts'
import { validateLabels, validateQualifiedName } from '../../names/labels.ts'
import { nameIsDns1035Label } from '../../names/object-names.ts'
import { validatePortNumber } from '../../names/words.ts'
import type { Service, ServicePort, ServiceSpec } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateChoice, validateOptionalChoice } from '../validation/choices.ts'
import { validateNonSpecialIp } from '../validation/non-special-ip.ts'
import { validateObjectMeta } from '../validation/object-meta.ts'
import { validatePortNumberOrName, validateProtocol } from '../validation/ports.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheck } from './service-strategy.ts'
import { validateServiceAddresses } from './validate-service-addresses.ts'

const TYPES: readonly string[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const AFFINITIES: readonly string[] = ['ClientIP', 'None']
const TRAFFIC_POLICIES: readonly string[] = ['Cluster', 'Local']
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameNode', 'PreferSameZone']
const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints'
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode'
const SOURCE_RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges'
/** A day: pkg/apis/core/types.go MaxClientIPServiceAffinitySeconds. */
const CLIENT_IP_SECONDS_MAX = 86_400

/** pkg/apis/core/validation/validation.go ValidateService, in its order. */
export function* validateService(service: Service): Generator<Cause> {
  const { metadata, spec } = service
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDns1035Label })
  const { [HINTS_ANNOTATION]: hints, [MODE_ANNOTATION]: mode } = metadata.annotations ?? {}
  if (hints !== undefined && mode !== undefined && hints !== mode) {
    const rule = `must match annotations[${HINTS_ANNOTATION}] when both are specified`
    yield invalidValue(`metadata.annotations[${MODE_ANNOTATION}]`, mode, rule)
  }
  const { ports = [] } = spec
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') yield required('spec.ports', '')
  yield* validateType(spec)
  yield* validatePorts(ports)
  yield* validateLabels(spec.selector, 'spec.selector')
  yield* validateChoice(spec.sessionAffinity, 'spec.sessionAffinity', AFFINITIES)
  yield* validateAffinityConfig(spec)
  yield* validateServiceAddresses(spec)
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    const causes = validateLegacyIp(address, `spec.externalIPs[${index}]`)
    yield* causes
    if (causes.length === 0) yield* validateNonSpecialIp(address, `spec.externalIPs[${index}]`)
  }
  yield* validateChoice(spec.type, 'spec.type', TYPES)
  if (spec.type === 'ClusterIP') {
    for (const [index, { nodePort = 0 }] of ports.entries()) {
      if (nodePort === 0) continue
      yield forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")
    }
  }
  yield* validateUniquePorts(ports)
  yield* validateLoadBalancer(service)
  yield* validateTraffic(spec)
}

/** Which fields a type rules out or demands. */
function* validateType(spec: ServiceSpec): Generator<Cause> {
  const { type, externalName = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    yield invalidValue('spec.clusterIPs[0]', clusterIPs[0], `may not be set to 'None' for ${type} services`)
  }
  if (type !== 'ExternalName') return
  const rule = 'may not be set for ExternalName services'
  if (clusterIPs.length > 0) yield forbiddenField('spec.clusterIPs', rule)
  if (ipFamilies.length > 0) yield forbiddenField('spec.ipFamilies', rule)
  if (ipFamilyPolicy !== undefined) yield forbiddenField('spec.ipFamilyPolicy', rule)
  const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName
  if (name === '') yield required('spec.externalName', '')
  else yield* invalidFor('spec.externalName', name, validateDns1123Subdomain(name))
}

function* validatePorts(ports: readonly ServicePort[]): Generator<Cause> {
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`
    const { name = '', appProtocol, targetPort = 0 } = port
    if (name === '') {
      if (ports.length > 1) yield required(`${field}.name`, '')
    } else {
      yield* invalidFor(`${field}.name`, name, validateDns1123Label(name))
      if (names.has(name)) yield duplicate(`${field}.name`, name)
      names.add(name)
    }
    yield* invalidFor(`${field}.port`, port.port, validatePortNumber(port.port))
    yield* validateProtocol(port.protocol, `${field}.protocol`)
    yield* validatePortNumberOrName(targetPort, `${field}.targetPort`)
    if (appProtocol !== undefined) {
      yield* invalidFor(`${field}.appProtocol`, appProtocol, validateQualifiedName(appProtocol))
    }
  }
}

function* validateAffinityConfig({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): Generator<Cause> {
  const field = 'spec.sessionAffinityConfig'
  if (sessionAffinity === 'None') {
    if (sessionAffinityConfig !== undefined) {
      yield forbiddenField(field, 'must not be set when session affinity is None')
    }
    return
  }
  if (sessionAffinity !== 'ClientIP') return
  const rule = 'when session affinity type is ClientIP'
  const clientIP = sessionAffinityConfig?.clientIP
  const seconds = clientIP?.timeoutSeconds
  if (sessionAffinityConfig === undefined) yield required(field, rule)
  else if (clientIP === undefined) yield required(`${field}.clientIP`, rule)
  else if (seconds === undefined) yield required(`${field}.clientIP.timeoutSeconds`, rule)
  else if (seconds <= 0 || seconds > CLIENT_IP_SECONDS_MAX) {
    const range = `must be greater than 0 and less than ${CLIENT_IP_SECONDS_MAX}`
    yield invalidValue(`${field}.clientIP.timeoutSeconds`, seconds, range)
  }
}

function* validateUniquePorts(ports: readonly ServicePort[]): Generator<Cause> {
  const nodePorts = new Set<string>()
  for (const [index, { protocol = '', nodePort = 0 }] of ports.entries()) {
    if (nodePort === 0) continue
    const key = `${protocol}/${nodePort}`
    if (nodePorts.has(key)) yield duplicate(`spec.ports[${index}].nodePort`, nodePort)
    nodePorts.add(key)
  }
  const seen = new Set<string>()
  for (const [index, { protocol = '', port }] of ports.entries()) {
    const key = `${protocol}/${port}`
    // Upstream prints a port of its own form that has only these two fields.
    const printed = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (seen.has(key)) yield duplicate(`spec.ports[${index}]`, printed)
    seen.add(key)
  }
}

function* validateLoadBalancer({ metadata, spec }: Service): Generator<Cause> {
  const isLoadBalancer = spec.type === 'LoadBalancer'
  const rule = "may only be used when `type` is 'LoadBalancer'"
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = metadata.annotations?.[SOURCE_RANGES_ANNOTATION]
  if (ranges.length > 0) {
    const field = 'spec.LoadBalancerSourceRanges'
    if (!isLoadBalancer) yield forbiddenField(field, rule)
    for (const [index, range] of ranges.entries()) yield* validateLegacyCidr(range.trim(), `${field}[${index}]`)
  } else if (annotation !== undefined) {
    const field = `metadata.annotations[${SOURCE_RANGES_ANNOTATION}]`
    if (!isLoadBalancer) yield forbiddenField(field, rule)
    const texts = annotation.trim() === '' ? [] : annotation.split(',')
    for (const text of texts) yield* validateLegacyCidr(text.trim(), field)
  }
  if (isLoadBalancer) {
    if (spec.allocateLoadBalancerNodePorts === undefined) yield required('allocateLoadBalancerNodePorts', '')
  } else if (spec.allocateLoadBalancerNodePorts !== undefined) {
    yield forbiddenField('spec.allocateLoadBalancerNodePorts', rule)
  }
  yield* validateLoadBalancerClass(spec)
}

export function* validateLoadBalancerClass({ type, loadBalancerClass }: ServiceSpec): Generator<Cause> {
  if (loadBalancerClass === undefined) return
  const field = 'spec.loadBalancerClass'
  if (type !== 'LoadBalancer') yield forbiddenField(field, "may only be used when `type` is 'LoadBalancer'")
  else yield* invalidFor(field, loadBalancerClass, validateQualifiedName(loadBalancerClass))
}

function* validateTraffic(spec: ServiceSpec): Generator<Cause> {
  const { externalTrafficPolicy = '', healthCheckNodePort = 0, internalTrafficPolicy, trafficDistribution } = spec
  if (isExternallyAccessible(spec)) {
    yield* validateChoice(externalTrafficPolicy, 'spec.externalTrafficPolicy', TRAFFIC_POLICIES)
  } else if (externalTrafficPolicy !== '') {
    const rule = 'may only be set for externally-accessible services'
    yield invalidValue('spec.externalTrafficPolicy', externalTrafficPolicy, rule)
  }
  const field = 'spec.healthCheckNodePort'
  if (needsHealthCheck(spec)) {
    if (healthCheckNodePort === 0) yield required(field, '')
    else yield* invalidFor(field, healthCheckNodePort, validatePortNumber(healthCheckNodePort))
  } else if (healthCheckNodePort !== 0) {
    const rule = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    yield invalidValue(field, healthCheckNodePort, rule)
  }
  if (internalTrafficPolicy !== undefined) {
    yield* validateOptionalChoice(internalTrafficPolicy, 'spec.internalTrafficPolicy', TRAFFIC_POLICIES)
  } else if (spec.type !== 'ExternalName' && TYPES.includes(spec.type ?? '')) {
    yield required('spec.internalTrafficPolicy', '')
  }
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    yield notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS)
  }
}
