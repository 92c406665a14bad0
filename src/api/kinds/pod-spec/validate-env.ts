import { quantity } from '../../quantity-cache.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateConfigMapKey, validateRelaxedEnvVarName } from '../../names/words.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateLocalNonReservedPath } from '../validation/paths.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import type { Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/validation/validation.go ValidateEnv. */
export function* validateEnv(variables: readonly EnvVar[], field: string): Generator<Cause> {
  for (const [index, variable] of variables.entries()) {
    const place = `${field}[${index}]`
    if (variable.name === '' || variable.name === undefined) yield required(`${place}.name`, '')
    else yield* invalidFor(`${place}.name`, variable.name, validateRelaxedEnvVarName(variable.name))
    if (variable.valueFrom !== undefined) {
      yield* validateValueFrom(variable.valueFrom, variable.value ?? '', `${place}.valueFrom`)
    }
  }
}

/** ValidateEnvFrom. */
export function* validateEnvFrom(sources: readonly EnvFromSource[], field: string): Generator<Cause> {
  for (const [index, source] of sources.entries()) {
    const place = `${field}[${index}]`
    const { prefix = '', configMapRef, secretRef } = source
    if (prefix !== '') yield* invalidFor(`${place}.prefix`, prefix, validateRelaxedEnvVarName(prefix))
    if (configMapRef !== undefined) yield* validateReferredName(configMapRef.name ?? '', `${place}.configMapRef`)
    if (secretRef !== undefined) yield* validateReferredName(secretRef.name ?? '', `${place}.secretRef`)
    if (configMapRef === undefined && secretRef === undefined) {
      yield invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`')
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      yield invalidValue(field, '', 'may not have more than one field specified at a time')
    }
  }
}

const ENV_FIELDS: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

/** What the downward API knows at all: pkg/apis/core/pods/helpers.go ConvertDownwardAPIFieldLabel. */
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...ENV_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])

const RESOURCE_FIELDS: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const HUGE_PAGE_PREFIXES: readonly string[] = ['limits.hugepages-', 'requests.hugepages-']
const BYTE_DIVISORS: readonly string[] = [
  '1',
  '1k',
  '1M',
  '1G',
  '1T',
  '1P',
  '1E',
  '1Ki',
  '1Mi',
  '1Gi',
  '1Ti',
  '1Pi',
  '1Ei',
]
const CPU_DIVISORS: readonly string[] = ['1m', '1']

/** A field of the pod, such as `metadata.labels['app']`. `allowed` lists what may be asked for without a subscript. */
export function* validateFieldRef(
  { apiVersion = '', fieldPath = '' }: Unchecked<ObjectFieldSelector>,
  field: string,
  allowed: readonly string[] = ENV_FIELDS,
): Generator<Cause> {
  if (apiVersion === '') {
    yield required(`${field}.apiVersion`, '')
    return
  }
  if (fieldPath === '') {
    yield required(`${field}.fieldPath`, '')
    return
  }
  const subscripted = /^(?<path>[^[]*)\['(?<subscript>.*)'\]$/s.exec(fieldPath)?.groups
  const path = subscripted?.['path'] ?? (fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath)
  const failure = conversionFailure(apiVersion, path, subscripted !== undefined)
  if (failure !== undefined) {
    yield invalidValue(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${failure}`)
  } else if (subscripted !== undefined) {
    const subscript = subscripted['subscript'] ?? ''
    const name = path === 'metadata.annotations' ? subscript.toLowerCase() : subscript
    yield* invalidFor(field, name, validateQualifiedName(name))
  } else if (!allowed.includes(path)) yield notSupported(`${field}.fieldPath`, path, allowed)
}

function conversionFailure(apiVersion: string, path: string, hasSubscript: boolean): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  if (hasSubscript) {
    const supports = path === 'metadata.annotations' || path === 'metadata.labels'
    return supports ? undefined : `field label does not support subscript: ${path}`
  }
  return KNOWN_FIELDS.has(path) ? undefined : `field label not supported: ${path}`
}

/** A resource of a container. In a volume the container must be named. */
export function* validateResourceFieldRef(
  { containerName = '', resource = '', divisor = '0' }: Unchecked<ResourceFieldSelector>,
  field: string,
  { inVolume }: { inVolume: boolean },
): Generator<Cause> {
  if (inVolume && containerName === '') yield required(`${field}.containerName`, '')
  else if (resource === '') yield required(`${field}.resource`, '')
  else if (!RESOURCE_FIELDS.includes(resource) && !HUGE_PAGE_PREFIXES.some((prefix) => resource.startsWith(prefix))) {
    yield notSupported(`${field}.resource`, resource, RESOURCE_FIELDS)
  }
  yield* validateDivisor(resource, divisor, `${field}.divisor`)
}

function* validateDivisor(resource: string, divisor: string, field: string): Generator<Cause> {
  const parsed = readQuantity(divisor)
  if (parsed instanceof QuantityError) {
    yield invalidValue(field, divisor, parsed.message)
    return
  }
  if (signOfQuantity(parsed) === 0) return
  const text = printQuantity(quantity(divisor))
  if (resource.endsWith('.cpu')) {
    if (CPU_DIVISORS.includes(text)) return
    yield invalidValue(field, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
    return
  }
  const what = BYTE_RESOURCES.find(([part]) => resource.includes(part))?.[1]
  if (what === undefined || BYTE_DIVISORS.includes(text)) return
  const detail = `only divisor's values ${BYTE_DIVISORS.join(', ')} are supported with the ${what} resource`
  yield invalidValue(field, resource, detail)
}

const BYTE_RESOURCES: readonly (readonly [string, string])[] = [
  ['.memory', 'memory'],
  ['.ephemeral-storage', 'local ephemeral storage'],
  ['.hugepages-', 'hugepages'],
]

function* validateValueFrom(source: EnvVarSource, value: string, field: string): Generator<Cause> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source
  if (fieldRef !== undefined) yield* validateFieldRef(fieldRef, `${field}.fieldRef`)
  if (resourceFieldRef !== undefined) {
    yield* validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, { inVolume: false })
  }
  if (configMapKeyRef !== undefined) yield* validateKeyRef(configMapKeyRef, `${field}.configMapKeyRef`)
  if (secretKeyRef !== undefined) yield* validateKeyRef(secretKeyRef, `${field}.secretKeyRef`)
  if (fileKeyRef !== undefined) yield* validateFileKeyRef(fileKeyRef, `${field}.fileKeyRef`)
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length
  if (count === 0) {
    const choices = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    yield invalidValue(field, '', `must specify one of: ${choices}`)
  } else if (value !== '') yield invalidValue(field, '', 'may not be specified when `value` is not empty')
  else if (count > 1) yield invalidValue(field, '', 'may not have more than one field specified at a time')
}

function* validateKeyRef(
  { name = '', key = '' }: { readonly name?: string; readonly key?: string },
  field: string,
): Generator<Cause> {
  yield* invalidFor(`${field}.name`, name, nameIsDnsSubdomain(name))
  if (key === '') yield required(`${field}.key`, '')
  else yield* invalidFor(`${field}.key`, key, validateConfigMapKey(key))
}

function* validateFileKeyRef(
  { key = '', path = '', volumeName = '' }: Unchecked<FileKeySelector>,
  field: string,
): Generator<Cause> {
  if (key === '') yield required(`${field}.key`, '')
  else yield* invalidFor(`${field}.key`, key, validateRelaxedEnvVarName(key))
  if (volumeName === '') yield required(`${field}.volumeName`, '')
  else yield* invalidFor(`${field}.volumeName`, volumeName, validateDns1123Label(volumeName))
  if (path === '') yield required(`${field}.path`, '')
  else yield* validateLocalNonReservedPath(path, `${field}.path`)
}

function* validateReferredName(name: string, field: string): Generator<Cause> {
  if (name === '') yield required(`${field}.name`, '')
  else yield* invalidFor(`${field}.name`, name, nameIsDnsSubdomain(name, { prefix: true }))
}
