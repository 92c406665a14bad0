import type { ApiObject } from '../../../src/api/object.ts'
import { ipAddressProblem, ipSubnetProblem } from '../../../src/api/kinds/istio/validation/addresses.ts'
import { validateClientTls } from '../../../src/api/kinds/istio/validation/client-tls.ts'
import { validateConnectionPool } from '../../../src/api/kinds/istio/validation/connection-pool.ts'
import { validateCorsPolicy } from '../../../src/api/kinds/istio/validation/cors-policy.ts'
import { validateDestination, validateRouteDestinations } from '../../../src/api/kinds/istio/validation/destination.ts'
import { validateTrafficPolicy } from '../../../src/api/kinds/istio/validation/destination-rule.ts'
import { httpStatusProblem, validateDirectResponse } from '../../../src/api/kinds/istio/validation/direct-response.ts'
import {
  domainProblem,
  gatewayDomainProblem,
  trustDomainProblem,
  wildcardDomainProblem,
} from '../../../src/api/kinds/istio/validation/domain-names.ts'
import { connectTimeoutProblem, durationProblem } from '../../../src/api/kinds/istio/validation/durations.ts'
import { validateExportTo } from '../../../src/api/kinds/istio/validation/export-to.ts'
import { validateAbort, validateDelay } from '../../../src/api/kinds/istio/validation/fault-injection.ts'
import { validateServer, validateServerPort } from '../../../src/api/kinds/istio/validation/gateway.ts'
import { matchedHeaderProblem, strictHeaderProblem } from '../../../src/api/kinds/istio/validation/header-names.ts'
import { headerValueProblem } from '../../../src/api/kinds/istio/validation/header-values.ts'
import { validateHttpRetry } from '../../../src/api/kinds/istio/validation/http-retry.ts'
import { validateHttpRoute } from '../../../src/api/kinds/istio/validation/http-route.ts'
import { validateLoadBalancer } from '../../../src/api/kinds/istio/validation/load-balancer.ts'
import {
  localitiesProblem,
  validateLocalityLoadBalancing,
  validateZoneAwareLoadBalancing,
} from '../../../src/api/kinds/istio/validation/locality.ts'
import { validateLogFilter } from '../../../src/api/kinds/istio/validation/log-filter.ts'
import { validateDefaultTrafficPolicy } from '../../../src/api/kinds/istio/validation/mesh-config.ts'
import { validateOutlierDetection } from '../../../src/api/kinds/istio/validation/outlier-detection.ts'
import { errorOf, printErrors, type Problem } from '../../../src/api/kinds/istio/validation/problem.ts'
import {
  redirectProblem,
  regexRewriteProblem,
  rewriteProblem,
} from '../../../src/api/kinds/istio/validation/redirect.ts'
import { TARGETS_ALLOWED } from '../../../src/api/kinds/istio/validation/selectors.ts'
import { validateServerTls } from '../../../src/api/kinds/istio/validation/server-tls.ts'
import { validateIstioObject, type Verdict } from '../../../src/api/kinds/istio/validation/validate-object.ts'
import { portNameProblem } from '../../../src/api/kinds/istio/validation/workload-entry.ts'
import { Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** validation.json: whole objects, and parts of them. */
export const oracle: Oracle = {
  open: () => run,
}

type Fields = Readonly<Record<string, unknown>>
/** A part has any shape: what is wrong with that is the cases' matter. */
type Check<Part> = (part: Part, further: Fields) => Iterable<Problem>

function part<Part>(check: Check<Part>): Check<unknown> {
  return (value, further) => check(value as Part, further)
}

/** For checks that find one thing at most. */
function single<Part>(check: (part: Part, further: Fields) => string | undefined): Check<unknown> {
  return (value, further) => errorOf(check(value as Part, further))
}

const NAMESPACE = 'bar'

const PARTS: Readonly<Record<string, Check<unknown>>> = {
  'AccessLogging.Filter': part(validateLogFilter),
  ClientTLSSettings: part((tls: Parameters<typeof validateClientTls>[0]) => validateClientTls(tls, NAMESPACE)),
  ConnectionPoolSettings: part(validateConnectionPool),
  CorsPolicy: part(validateCorsPolicy),
  Destination: part(validateDestination),
  HTTPDirectResponse: part(validateDirectResponse),
  'HTTPFaultInjection.Abort': part(validateAbort),
  'HTTPFaultInjection.Delay': part(validateDelay),
  HTTPRedirect: single((redirect: Parameters<typeof redirectProblem>[0]) => redirectProblem(redirect, [])),
  HTTPRetry: part(validateHttpRetry),
  HTTPRewrite: single(rewriteProblem),
  'HTTPRoute (delegate)': part((route: Parameters<typeof validateHttpRoute>[0]) =>
    validateHttpRoute(route, { isDelegate: true, isConverted: false }),
  ),
  HTTPRoute: part((route: Parameters<typeof validateHttpRoute>[0]) =>
    validateHttpRoute(route, { isDelegate: false, isConverted: false }),
  ),
  LoadBalancerSettings: part((balancer: Parameters<typeof validateLoadBalancer>[0]) =>
    validateLoadBalancer(balancer, undefined),
  ),
  LocalityLoadBalancerSetting: part((setting: Parameters<typeof validateLocalityLoadBalancing>[0], further) =>
    validateLocalityLoadBalancing(setting, further['outlierDetection'] as object | null),
  ),
  'MeshConfig.DefaultTrafficPolicy': part(validateDefaultTrafficPolicy),
  OutlierDetection: part(validateOutlierDetection),
  RegexRewrite: single(regexRewriteProblem),
  Server: part((server: Parameters<typeof validateServer>[0]) => validateServer(server, false)),
  ServerPort: part((port: Parameters<typeof validateServerPort>[0], { bind }) =>
    validateServerPort(port, String(bind)),
  ),
  ServerTLSSettings: part(validateServerTls),
  TrafficPolicy: part((policy: Parameters<typeof validateTrafficPolicy>[0]) =>
    validateTrafficPolicy(policy, NAMESPACE),
  ),
  ZoneAwareLoadBalancerSetting: part((setting: Parameters<typeof validateZoneAwareLoadBalancing>[0], further) =>
    validateZoneAwareLoadBalancing(setting, further['outlierDetection'] as object | null),
  ),
  connectTimeout: single(connectTimeoutProblem),
  duration: single(durationProblem),
  exportTo: part((exportTo: readonly string[], { namespace, isServiceEntry, isDestinationRuleWithSelector }) =>
    validateExportTo(exportTo, {
      namespace: String(namespace),
      isServiceEntry: isServiceEntry === true,
      isForWorkloads: isDestinationRuleWithSelector === true,
    }),
  ),
  fqdn: single(domainProblem),
  'httpHeaderName (match; JWT claims allowed)': single(matchedHeaderProblem),
  'httpHeaderName (strict)': single(strictHeaderProblem),
  httpHeaderValue: single(headerValueProblem),
  httpStatus: single(httpStatusProblem),
  ipAddress: single(ipAddressProblem),
  ipSubnet: single(ipSubnetProblem),
  'list of RouteDestination': part((routes: Parameters<typeof validateRouteDestinations>[0]) =>
    validateRouteDestinations(routes, { isConverted: false }),
  ),
  'list of localities': single(localitiesProblem),
  portName: single(portNameProblem),
  trustDomain: single(trustDomainProblem),
  'wildcardDomain of a VirtualService bound to a gateway': single((domain: string, { sni }) =>
    gatewayDomainProblem(domain, { isSni: sni === true }),
  ),
  wildcardDomain: single(wildcardDomainProblem),
}

function run({ input, expect, ...rest }: OracleCase): void {
  const [object] = unpack((rest as Fields)['config']) as readonly [ApiObject?]
  const fragment = input['fragment'] as string | undefined
  if (fragment === undefined) {
    expectVerdict(wholeVerdict(object), expect)
    return
  }
  const check = PARTS[fragment]
  if (check === undefined) throw new Mismatch(`unknown fragment ${fragment}`)
  const problems = [...check(unpack(input['value']), (input['with'] ?? {}) as Fields)]
  const warnings = problems.filter(({ severity }) => severity === 'warning').map(({ text }) => text)
  expectVerdict({ error: printErrors(problems), warnings }, expect)
  // The object around a part is faultless otherwise.
  if (object !== undefined) expectValidity(wholeVerdict(object), expect)
}

function wholeVerdict(object: ApiObject | undefined): Verdict {
  const verdict = object && validateIstioObject(object)
  if (verdict === undefined) throw new Mismatch(`no validation for ${String(object?.kind)}`)
  return verdict
}

function expectVerdict(verdict: Verdict, expect: OracleCase['expect']): void {
  expectValidity(verdict, expect)
  const { error = '', warnings } = verdict
  const { warning, errorContains = '', warningContains = '' } = expect
  if (warning !== undefined && warning !== warnings.length > 0) {
    throw new Mismatch(`want ${warning === true ? 'a warning' : 'no warning'}, got ${JSON.stringify(warnings)}`)
  }
  // One expectation names a list that upstream's test prints by its variable.
  const part = String(errorContains).replace('allowedTargetRefs', `[${TARGETS_ALLOWED.join(' ')}]`)
  if (!error.includes(part)) throw new Mismatch(`want an error with ${part}, got ${error}`)
  if (!warnings.join('\n').includes(String(warningContains))) {
    throw new Mismatch(`want a warning with ${String(warningContains)}, got ${JSON.stringify(warnings)}`)
  }
}

function expectValidity({ error }: Verdict, { valid }: OracleCase['expect']): void {
  if (valid === (error === undefined)) return
  throw new Mismatch(valid === true ? `want no error, got ${String(error)}` : 'want an error, got none')
}

/** Long texts are written as `{"$repeat": [text, times]}`, bytes as `{"$base64": text}`, and one text as its zero bytes. */
function unpack(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isText = value.length > 0 && value.every((byte) => byte === 0)
    return isText ? '\0'.repeat(value.length) : value.map(unpack)
  }
  if (typeof value !== 'object' || value === null) return value
  const { $repeat: repeated, $base64: base64 } = value as Fields
  if (Array.isArray(repeated)) return String(repeated[0]).repeat(Number(repeated[1]))
  if (base64 !== undefined) return Buffer.from(String(unpack(base64))).toString('base64')
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, unpack(entry)]))
}
