import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { validateDns1035Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import { validatePortNumber } from '../../names/words.ts'
import type { APIService, ApiregistrationServiceReference } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'

/** The bounds of the two priorities that sort groups and versions in discovery. */
const GROUP_PRIORITY_MAX = 20_000
const VERSION_PRIORITY_MAX = 1000
const STATUSES: readonly string[] = ['True', 'False', 'Unknown']

/** k8s.io/kube-aggregator pkg/apis/apiregistration/validation/validation.go ValidateAPIService. */
export function* validateApiService({ metadata, spec }: APIService, old?: APIService): Generator<Cause> {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = unchecked(spec)
  if (old !== undefined) yield* validateObjectMetaUpdate(metadata, old.metadata)
  yield* validateObjectMeta(metadata, {
    namespaced: false,
    name: (name) => problemsOfName(name, `${version}.${group}`),
    allowAnyFinalizer: true,
  })
  if (group === '' && version !== 'v1') {
    yield required('spec.group', 'only v1 may have an empty group and it better be legacy kube')
  }
  if (group !== '') yield* invalidFor('spec.group', group, validateDns1123Subdomain(group))
  yield* invalidFor('spec.version', version, validateDns1035Label(version))
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > GROUP_PRIORITY_MAX) {
    const rule = `must be positive and less than ${GROUP_PRIORITY_MAX}`
    yield invalidValue('spec.groupPriorityMinimum', groupPriorityMinimum, rule)
  }
  if (versionPriority <= 0 || versionPriority > VERSION_PRIORITY_MAX) {
    yield invalidValue(
      'spec.versionPriority',
      versionPriority,
      `must be positive and less than ${VERSION_PRIORITY_MAX}`,
    )
  }
  if (service === undefined) yield* validateLocal(spec)
  else yield* validateRemote(spec, service)
}

/** ValidateAPIServiceStatus. */
export function* validateApiServiceStatus({ status }: APIService): Generator<Cause> {
  for (const [index, condition] of (status?.conditions ?? []).entries()) {
    if (STATUSES.includes(condition.status)) continue
    yield notSupported(`status.conditions[${index}].status`, condition.status, STATUSES)
  }
}

function problemsOfName(name: string, expected: string): readonly string[] {
  const problems = nameIsPathSegment(name)
  if (problems.length > 0) return problems
  return name === expected ? [] : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(expected)}`]
}

/** A group version that the server itself answers needs no certificates. */
function* validateLocal({ caBundle = '', insecureSkipTLSVerify = false }: APIService['spec']): Generator<Cause> {
  if (caBundle !== '') {
    const size = `${Buffer.byteLength(caBundle, 'base64')} bytes`
    yield invalidValue('spec.caBundle', size, 'local APIServices may not have a caBundle')
  }
  if (insecureSkipTLSVerify) {
    yield invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')
  }
}

function* validateRemote(
  { caBundle = '', insecureSkipTLSVerify = false }: APIService['spec'],
  { namespace = '', name = '', port = 0 }: ApiregistrationServiceReference,
): Generator<Cause> {
  if (namespace === '') yield required('spec.service.namespace', '')
  if (name === '') yield required('spec.service.name', '')
  const problems = validatePortNumber(port)
  if (problems.length > 0) yield invalidValue('spec.service.port', port, `port is not valid: ${problems.join(', ')}`)
  if (insecureSkipTLSVerify && caBundle !== '') {
    yield invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')
  }
}
