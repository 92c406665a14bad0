import { warningsForCidr, warningsForIp } from '../../names/ip.ts'
import type { Service } from '../../types.generated.ts'

/** pkg/api/service/warnings.go GetWarningsForService. */
export function* serviceWarnings({ metadata, spec }: Service): Generator<string> {
  if (metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined) {
    const advice = 'please use service.kubernetes.io/topology-mode instead'
    yield `annotation service.kubernetes.io/topology-aware-hints is deprecated, ${advice}`
  }
  const { clusterIP = '', clusterIPs = [], externalIPs = [], loadBalancerIP = '', externalName = '' } = spec
  if (clusterIP !== '' && clusterIP !== 'None') {
    for (const [index, address] of clusterIPs.entries()) yield* warningsForIp(address, `spec.clusterIPs[${index}]`)
  }
  const isHeadless = spec.type === 'ClusterIP' && clusterIP === 'None'
  if (isHeadless) {
    if (loadBalancerIP !== '') yield 'spec.loadBalancerIP is ignored for headless services'
    if (externalIPs.length > 0) yield 'spec.externalIPs is ignored for headless services'
    if (spec.sessionAffinity !== 'None') yield 'spec.SessionAffinity is ignored for headless services'
  }
  for (const [index, address] of externalIPs.entries()) yield* warningsForIp(address, `spec.externalIPs[${index}]`)
  if (loadBalancerIP !== '') yield* warningsForIp(loadBalancerIP, 'spec.loadBalancerIP')
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    yield* warningsForCidr(range, `spec.loadBalancerSourceRanges[${index}]`)
  }
  if (spec.type === 'ExternalName') {
    if (externalIPs.length > 0) yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
  } else if (externalName !== '') yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
  if (spec.trafficDistribution === 'PreferClose') {
    yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
  }
}
