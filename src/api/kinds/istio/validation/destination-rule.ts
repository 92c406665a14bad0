import { isIpAddress } from './addresses.ts'
import type { Annotated } from './annotations.ts'
import { type ClientTls, validateClientTls } from './client-tls.ts'
import { type ConnectionPool, validateConnectionPool } from './connection-pool.ts'
import { subsetNameProblem } from './destination.ts'
import { domainProblem, wildcardDomainProblem } from './domain-names.ts'
import { validateExportTo } from './export-to.ts'
import { type Labels, validateLabels } from './labels.ts'
import { type LoadBalancer, validateLoadBalancer } from './load-balancer.ts'
import { portProblem } from './numbers.ts'
import { type OutlierDetection, validateOutlierDetection } from './outlier-detection.ts'
import { error, errorOf, isGiven, type Maybe, type Problem, withoutWarnings } from './problem.ts'
import { type PolicySelector, validatePolicySelector } from './selectors.ts'

export interface DestinationRule {
  readonly host?: string
  readonly trafficPolicy?: Maybe<TrafficPolicy>
  readonly subsets?: Maybe<readonly Maybe<Subset>[]>
  readonly exportTo?: Maybe<readonly string[]>
  readonly workloadSelector?: Maybe<PolicySelector>
}

interface Subset {
  readonly name?: string
  readonly labels?: Maybe<Labels>
  readonly trafficPolicy?: Maybe<TrafficPolicy>
}

interface PortPolicy {
  readonly port?: Maybe<object>
  readonly outlierDetection?: Maybe<OutlierDetection>
  readonly connectionPool?: Maybe<ConnectionPool>
  readonly loadBalancer?: Maybe<LoadBalancer>
  readonly tls?: Maybe<ClientTls>
}

export interface TrafficPolicy extends Omit<PortPolicy, 'port'> {
  readonly portLevelSettings?: Maybe<readonly Maybe<PortPolicy>[]>
  readonly tunnel?: Maybe<Tunnel>
  readonly proxyProtocol?: Maybe<object>
  readonly retryBudget?: Maybe<object>
}

interface Tunnel {
  readonly protocol?: string
  readonly targetHost?: string
  readonly targetPort?: number
}

export function* validateDestinationRule(rule: DestinationRule, { namespace }: Annotated): Generator<Problem> {
  yield* errorOf(wildcardDomainProblem(rule.host ?? ''))
  yield* validateTrafficPolicy(rule.trafficPolicy, namespace)
  const names = new Set<string>()
  for (const subset of rule.subsets ?? []) {
    if (!isGiven(subset)) {
      yield error('subset may not be null')
      continue
    }
    const { name = '' } = subset
    if (names.has(name)) yield error(`duplicate subset names: ${name}`)
    names.add(name)
    yield* withoutWarnings(validateSubset(subset, namespace))
  }
  yield* validateExportTo(rule.exportTo, { namespace, isForWorkloads: isGiven(rule.workloadSelector) })
  yield* validatePolicySelector(rule.workloadSelector)
}

function* validateSubset({ name = '', labels, trafficPolicy }: Subset, namespace: string): Generator<Problem> {
  yield* errorOf(subsetNameProblem(name))
  yield* validateLabels(labels)
  yield* validateTrafficPolicy(trafficPolicy, namespace)
}

export function* validateTrafficPolicy(policy: Maybe<TrafficPolicy>, namespace: string): Generator<Problem> {
  if (!isGiven(policy)) return
  const { portLevelSettings, tunnel, proxyProtocol, retryBudget } = policy
  if (isEmpty(policy) && ![portLevelSettings, tunnel, proxyProtocol, retryBudget].some(isGiven)) {
    yield error('traffic policy must have at least one field')
    return
  }
  if (isGiven(tunnel) && isGiven(proxyProtocol)) {
    yield error('tunnel and proxyProtocol must not be set together')
    return
  }
  yield* validateSettings(policy, namespace)
  for (const port of portLevelSettings ?? []) {
    if (!isGiven(port)) yield error('traffic policy may not be null')
    else yield* withoutWarnings(validatePortPolicy(port, namespace))
  }
  if (isGiven(tunnel)) yield* validateTunnel(tunnel)
}

function* validatePortPolicy(policy: PortPolicy, namespace: string): Generator<Problem> {
  if (!isGiven(policy.port)) yield error('portTrafficPolicy must have valid port')
  if (isEmpty(policy)) yield error('port traffic policy must have at least one field')
  else yield* validateSettings(policy, namespace)
}

function isEmpty({ outlierDetection, connectionPool, loadBalancer, tls }: PortPolicy): boolean {
  return ![outlierDetection, connectionPool, loadBalancer, tls].some(isGiven)
}

function* validateSettings(
  { outlierDetection, connectionPool, loadBalancer, tls }: PortPolicy,
  namespace: string,
): Generator<Problem> {
  yield* validateOutlierDetection(outlierDetection)
  yield* validateConnectionPool(connectionPool)
  yield* validateLoadBalancer(loadBalancer, outlierDetection)
  yield* validateClientTls(tls, namespace)
}

function* validateTunnel({ protocol = '', targetHost = '', targetPort = 0 }: Tunnel): Generator<Problem> {
  if (!['', 'CONNECT', 'POST'].includes(protocol)) yield error('tunnel protocol must be "CONNECT" or "POST"')
  const problem = domainProblem(targetHost)
  if (problem !== undefined && !isIpAddress(targetHost)) {
    yield error(`tunnel target host must be valid FQDN or IP address: ${problem}; ${targetHost} is not a valid IP`)
  }
  const port = portProblem(targetPort)
  if (port !== undefined) yield error(`tunnel target port is invalid: ${port}`)
}
