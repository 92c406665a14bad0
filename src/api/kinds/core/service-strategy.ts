import { deepEqual } from '../../../base/equal.ts'
import { changed, mapChanged, without } from '../../../base/copy-on-write.ts'
import type { Service, ServicePort, ServiceSpec, ServiceStatus } from '../../types.generated.ts'
import { unchecked } from '../validation/unchecked.ts'

/** Three hours: pkg/apis/core/types.go DefaultClientIPServiceAffinitySeconds. */
const CLIENT_IP_SECONDS = 10_800

/** pkg/apis/core/v1/defaults.go SetDefaults_Service. Addresses and node ports come from the cluster's ranges, elsewhere. */
export function defaultService(service: Service): Service {
  const { spec: given = {}, status } = unchecked(service)
  const spec = defaultSpec(given)
  return changed(service, {
    spec,
    status: status && spec.type === 'LoadBalancer' ? defaultStatus(status) : status,
  })
}

/** pkg/registry/core/service/strategy.go PrepareForCreate. */
export function prepareServiceForCreate(submitted: Service): Service {
  const service = defaultService(submitted)
  const { clusterIP = '', clusterIPs = [] } = service.spec
  const spec = clusterIP !== '' && clusterIPs.length === 0 ? { clusterIPs: [clusterIP] } : {}
  return { ...service, spec: changed(service.spec, spec), status: NO_STATUS }
}

/**
 * PrepareForUpdate. Who sends a manifest again without what the server once chose for it (addresses, ports) keeps these;
 * who changes to a type that has no use for them loses them, unless they were changed as well.
 */
export function prepareServiceForUpdate(submitted: Service, old: Service): Service {
  const { status: _, ...service } = defaultService(submitted)
  const kept = withAllocated(service.spec, old.spec)
  const spec = withoutUnused(withSameAddresses(kept, old.spec), old.spec)
  return { ...service, spec: trimmedToSingleStack(spec, old.spec), status: old.status ?? NO_STATUS }
}

/** Reachable from outside of the cluster: pkg/api/service/util.go ExternallyAccessible. */
export function isExternallyAccessible({ type, externalIPs = [] }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)
}

/** A load balancer that must find out which nodes have pods: NeedsHealthCheck. */
export function needsHealthCheck({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None'
}

const NO_STATUS: ServiceStatus = { loadBalancer: {} }

function defaultSpec(given: ServiceSpec): ServiceSpec {
  const type = given.type || 'ClusterIP'
  const sessionAffinity = given.sessionAffinity || 'None'
  const spec = sessionAffinity === 'None' ? without(given, 'sessionAffinityConfig') : given
  const lacksTimeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
  return changed(spec, {
    type,
    sessionAffinity,
    sessionAffinityConfig:
      sessionAffinity === 'ClientIP' && lacksTimeout
        ? { clientIP: { timeoutSeconds: CLIENT_IP_SECONDS } }
        : spec.sessionAffinityConfig,
    ports: spec.ports && mapChanged(spec.ports, defaultPort),
    externalTrafficPolicy:
      spec.externalTrafficPolicy || (isExternallyAccessible({ ...spec, type }) ? 'Cluster' : undefined),
    internalTrafficPolicy: spec.internalTrafficPolicy ?? (type === 'ExternalName' ? undefined : 'Cluster'),
    allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? (type === 'LoadBalancer' ? true : undefined),
  })
}

function defaultPort(port: ServicePort): ServicePort {
  return changed(port, { protocol: port.protocol || 'TCP', targetPort: port.targetPort || port.port })
}

function defaultStatus(status: ServiceStatus): ServiceStatus {
  const { loadBalancer } = status
  const ingress = loadBalancer?.ingress
  if (ingress === undefined) return status
  return changed(status, {
    loadBalancer: changed(loadBalancer ?? {}, {
      ingress: mapChanged(ingress, (one) =>
        (one.ip ?? '') !== '' && one.ipMode === undefined ? { ...one, ipMode: 'VIP' } : one,
      ),
    }),
  })
}

/** patchAllocatedValues. */
function withAllocated(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const hasIp = needsClusterIp(old) && needsClusterIp(spec)
  const hasPorts = needsNodePort(old) && needsNodePort(spec)
  const checksHealth = needsHealthCheck(old) && needsHealthCheck(spec)
  return changed(spec, {
    clusterIP: hasIp && (spec.clusterIP ?? '') === '' ? old.clusterIP : spec.clusterIP,
    clusterIPs: hasIp && (spec.clusterIPs ?? []).length === 0 ? old.clusterIPs : spec.clusterIPs,
    ports: hasPorts && spec.ports !== undefined ? withNodePorts(spec.ports, old.ports ?? []) : spec.ports,
    healthCheckNodePort:
      checksHealth && (spec.healthCheckNodePort ?? 0) === 0 ? old.healthCheckNodePort : spec.healthCheckNodePort,
  })
}

/** By the ports' names; a node port that another port has taken over is not given back. */
function withNodePorts(ports: readonly ServicePort[], old: readonly ServicePort[]): readonly ServicePort[] {
  const asked = new Set(ports.map(({ nodePort }) => nodePort ?? 0))
  return mapChanged(ports, (port) => {
    if ((port.nodePort ?? 0) !== 0) return port
    const before = old.find(({ name = '' }) => name === (port.name ?? ''))?.nodePort
    return before === undefined || asked.has(before) ? port : { ...port, nodePort: before }
  })
}

/** NormalizeClusterIPs on update: an older client knows only the single address. */
function withSameAddresses(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const clusterIP = spec.clusterIP ?? ''
  const before = old.clusterIP ?? ''
  const isSameList = deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? [])
  if (clusterIP === before || !isSameList) return spec
  return clusterIP === '' ? without(spec, 'clusterIPs') : { ...spec, clusterIPs: [clusterIP] }
}

/** dropTypeDependentFields. */
function withoutUnused(given: ServiceSpec, old: ServiceSpec): ServiceSpec {
  let spec = given
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    const isSameIp = spec.clusterIP === old.clusterIP && deepEqual(spec.clusterIPs ?? [], old.clusterIPs ?? [])
    if (isSameIp) spec = without(without(spec, 'clusterIP'), 'clusterIPs')
    if (deepEqual(given.ipFamilies, old.ipFamilies)) spec = without(spec, 'ipFamilies')
    if (given.ipFamilyPolicy === old.ipFamilyPolicy) spec = without(spec, 'ipFamilyPolicy')
  }
  if (needsNodePort(old) && !needsNodePort(spec) && hasNoNewNodePort(spec, old)) {
    spec = changed(spec, { ports: spec.ports && mapChanged(spec.ports, (port) => without(port, 'nodePort')) })
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) {
    spec = without(spec, 'healthCheckNodePort')
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) {
    if (spec.externalTrafficPolicy === old.externalTrafficPolicy) spec = without(spec, 'externalTrafficPolicy')
  }
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    for (const name of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const) {
      if (spec[name] === old[name]) spec = without(spec, name)
    }
  }
  return spec
}

/** trimFieldsForDualStackDowngrade: it is enough to say SingleStack. */
function trimmedToSingleStack(spec: ServiceSpec, old: ServiceSpec): ServiceSpec {
  const isDowngrade = old.ipFamilyPolicy !== undefined && old.ipFamilyPolicy !== 'SingleStack'
  if (!needsClusterIp(spec) || !isDowngrade || spec.ipFamilyPolicy !== 'SingleStack') return spec
  const { clusterIPs = [], ipFamilies = [] } = spec
  return changed(spec, {
    clusterIPs:
      clusterIPs.length > 1 && deepEqual(clusterIPs, old.clusterIPs) ? clusterIPs.slice(0, 1) : spec.clusterIPs,
    ipFamilies:
      ipFamilies.length > 1 && deepEqual(ipFamilies, old.ipFamilies) ? ipFamilies.slice(0, 1) : spec.ipFamilies,
  })
}

function needsClusterIp({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName'
}

function needsNodePort({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer'
}

function hasNoNewNodePort(spec: ServiceSpec, old: ServiceSpec): boolean {
  const before = new Set((old.ports ?? []).map(({ nodePort }) => nodePort ?? 0))
  return (spec.ports ?? []).every(({ nodePort = 0 }) => nodePort === 0 || before.has(nodePort))
}
