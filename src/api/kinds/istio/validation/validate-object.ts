import { goQuote } from '../../../../base/go-quote.ts'
import type { ApiObject } from '../../../object.ts'
import { parseApiVersion } from '../../../kind.ts'
import type { Annotated } from './annotations.ts'
import { validateAuthorizationPolicy } from './authorization-policy.ts'
import { validateDestinationRule } from './destination-rule.ts'
import { validateEnvoyFilter } from './envoy-filter.ts'
import { validateGateway } from './gateway.ts'
import { validatePeerAuthentication } from './peer-authentication.ts'
import { printErrors, type Problem } from './problem.ts'
import { validateProxyConfig } from './proxy-config.ts'
import { validateRequestAuthentication } from './request-authentication.ts'
import { validateServiceEntry } from './service-entry.ts'
import { validateSidecar } from './sidecar.ts'
import { validateTelemetry } from './telemetry.ts'
import { validateVirtualService } from './virtual-service.ts'
import { validateTrafficExtension, validateWasmPlugin } from './wasm-plugin.ts'
import { validateWorkloadEntry } from './workload-entry.ts'
import { validateWorkloadGroup } from './workload-group.ts'

/** The rules for one kind. A spec has passed the schema of its definition before. */
type Validator = (spec: object, object: Annotated) => Iterable<Problem>

/** By group and kind: all versions of a kind are one. */
const VALIDATORS: Readonly<Record<string, Validator>> = {
  'extensions.istio.io/TrafficExtension': validateTrafficExtension,
  'extensions.istio.io/WasmPlugin': validateWasmPlugin,
  'networking.istio.io/DestinationRule': validateDestinationRule,
  'networking.istio.io/EnvoyFilter': validateEnvoyFilter,
  'networking.istio.io/Gateway': validateGateway,
  'networking.istio.io/ProxyConfig': validateProxyConfig,
  'networking.istio.io/ServiceEntry': validateServiceEntry,
  'networking.istio.io/Sidecar': validateSidecar,
  'networking.istio.io/VirtualService': validateVirtualService,
  'networking.istio.io/WorkloadEntry': (spec) => validateWorkloadEntry(spec),
  'networking.istio.io/WorkloadGroup': validateWorkloadGroup,
  'security.istio.io/AuthorizationPolicy': validateAuthorizationPolicy,
  'security.istio.io/PeerAuthentication': validatePeerAuthentication,
  'security.istio.io/RequestAuthentication': validateRequestAuthentication,
  'telemetry.istio.io/Telemetry': validateTelemetry,
}

/** What Istio says of an object: why it refuses it, if it does, and what it warns about. */
export interface Verdict {
  readonly error: string | undefined
  readonly warnings: readonly string[]
}

/** Undefined for kinds that Istio does not know. */
export function validateIstioObject(object: ApiObject): Verdict | undefined {
  const validator = VALIDATORS[`${parseApiVersion(object.apiVersion).group}/${object.kind}`]
  if (validator === undefined) return undefined
  const { name, namespace = '', labels = {}, annotations = {} } = object.metadata
  const annotated = { name, namespace, labels, annotations }
  const spec = (object as { readonly spec?: object | null }).spec ?? {}
  const refusal = annotationProblem(object.kind, spec, annotated)
  if (refusal !== undefined) return { error: refusal, warnings: [] }
  const problems = [...validator(spec, annotated)]
  return {
    error: printErrors(problems),
    warnings: problems.filter(({ severity }) => severity === 'warning').map(({ text }) => text),
  }
}

const DRY_RUN = 'istio.io/dry-run'
const ALWAYS_REJECT = 'internal.istio.io/webhook-always-reject'
/** What Istio says of objects that it makes from others; it would let a user's take on rights of another. */
const INTERNAL: readonly string[] = ['internal.istio.io/parent-namespace', 'internal.istio.io/parents']
/** What Go's strconv.ParseBool takes. */
const BOOLEANS: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']

/** Annotations are looked at before the object, and end the matter. */
function annotationProblem(
  kind: string,
  spec: object,
  { name, namespace, annotations }: Annotated,
): string | undefined {
  const dryRun = annotations[DRY_RUN]
  if (dryRun !== undefined) {
    const about = `${namespace}/${name}`
    if (kind !== 'AuthorizationPolicy') {
      return `${about} has unsupported annotation ${DRY_RUN}, please remove the annotation`
    }
    const { action = 'ALLOW' } = spec as { readonly action?: string }
    if (action !== 'ALLOW' && action !== 'DENY') {
      return `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action} in ${about}`
    }
    if (!BOOLEANS.includes(dryRun)) {
      const why = `strconv.ParseBool: parsing ${goQuote(dryRun)}: invalid syntax`
      return `${about} has annotation ${DRY_RUN} with invalid value (${dryRun}): ${why}`
    }
  }
  if (ALWAYS_REJECT in annotations) return `${goQuote(ALWAYS_REJECT)} annotation found, rejecting`
  const internal = INTERNAL.find((annotation) => annotation in annotations)
  return internal === undefined ? undefined : `${goQuote(internal)} annotation found, this may not be set by users`
}
