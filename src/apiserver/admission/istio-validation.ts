import { StatusError } from '../../api/errors.ts'
import { asRead } from '../../api/kinds/istio/validation/read-spec.ts'
import { validateIstioObject } from '../../api/kinds/istio/validation/validate-object.ts'
import type { AdmissionPlugin } from './admission.ts'

/** What the rules of Istio's webhook name: all kinds of these groups, and none of their subresources. */
const GROUPS: ReadonlySet<string> = new Set([
  'extensions.istio.io',
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
])

/**
 * Istio's validating webhook, without the way over the network: it refuses and warns as istiod does
 * (istio/istio pkg/webhooks/validation/server/server.go), in the form that the API server gives to a webhook's answer
 * (k8s.io/apiserver pkg/admission/plugin/webhook/errors/statuserror.go).
 */
export const istioValidation: AdmissionPlugin = {
  name: 'IstioValidation',

  validate({ operation, kind, subresource, object, warn }) {
    if (object === undefined || subresource !== undefined || !GROUPS.has(kind.group)) return
    if (operation !== 'CREATE' && operation !== 'UPDATE') return
    const verdict = validateIstioObject(asRead(object))
    if (verdict === undefined) throw denied(`unrecognized type ${kind.group}/${kind.version}, Kind=${kind.kind}`)
    if (verdict.error !== undefined) throw denied(`configuration is invalid: ${verdict.error}`)
    for (const warning of verdict.warnings) warn?.(warning)
  },
}

function denied(why: string): StatusError {
  return new StatusError(400, '', `admission webhook "validation.istio.io" denied the request: ${why}`)
}
