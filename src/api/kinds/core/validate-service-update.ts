import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { validateLegacyIp } from '../../names/ip.ts'
import { parseIp } from '../../names/ip-address.ts'
import type { LoadBalancerIngress, Service } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { needsHealthCheck } from './service-strategy.ts'
import { validateAddressChange } from './validate-service-addresses.ts'
import { validateLoadBalancerClass, validateService } from './validate-service.ts'

/** pkg/apis/core/validation/validation.go ValidateServiceUpdate. */
export function* validateServiceUpdate(service: Service, old: Service): Generator<Cause> {
  yield* validateObjectMetaUpdate(service.metadata, old.metadata)
  yield* validateAddressChange(service.spec, old.spec)
  const { loadBalancerClass, type } = service.spec
  if (type === 'LoadBalancer' && old.spec.type === type && loadBalancerClass !== old.spec.loadBalancerClass) {
    yield invalidValue('spec.loadBalancerClass', loadBalancerClass, 'may not change once set')
  }
  yield* validateLoadBalancerClass(service.spec)
  const checksHealth = needsHealthCheck(service.spec) && needsHealthCheck(old.spec)
  if (checksHealth && service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
    yield forbiddenField('spec.healthCheckNodePort', IMMUTABLE_MESSAGE)
  }
  yield* validateService(service)
}

/** ValidateServiceStatusUpdate. */
export function* validateServiceStatus(service: Service, old: Service): Generator<Cause> {
  yield* validateObjectMetaUpdate(service.metadata, old.metadata)
  const ingress = service.status?.loadBalancer?.ingress ?? []
  if (ingress.length > 0 && service.spec.type !== 'LoadBalancer') {
    yield forbiddenField('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'")
    return
  }
  for (const [index, one] of ingress.entries()) yield* validateIngress(one, `status.loadBalancer.ingress[${index}]`)
}

const IP_MODES: readonly string[] = ['Proxy', 'VIP']

/** ValidateLoadBalancerStatus: where a load balancer is reached. */
export function* validateIngress(
  { ip = '', hostname = '', ipMode }: LoadBalancerIngress,
  field: string,
): Generator<Cause> {
  if (ip !== '') yield* validateLegacyIp(ip, `${field}.ip`)
  if (ipMode === undefined) {
    if (ip !== '') yield required(`${field}.ipMode`, 'must be specified when `ip` is set')
  } else if (ip === '') yield forbiddenField(`${field}.ipMode`, 'may not be specified when `ip` is not set')
  else if (!IP_MODES.includes(ipMode)) yield notSupported(`${field}.ipMode`, ipMode, IP_MODES)
  if (hostname === '') return
  yield* invalidFor(`${field}.hostname`, hostname, validateDns1123Subdomain(hostname))
  if (parseIp(hostname) !== undefined) {
    yield invalidValue(`${field}.hostname`, hostname, 'must be a DNS name, not an IP address')
  }
}
