import type { Container, EnvFromSource, EnvVar } from '../../api/types.generated.ts'
import { type FieldContext, fieldValue, resourceValue } from './downward-api.ts'
import { expand } from './expansion.ts'
import { decodeBase64 } from './payload.ts'
import type { References } from './references.ts'
import { serviceEnvironment } from './service-environment.ts'

/** The namespace and name of the one service that every container hears of. */
const API_SERVICE = 'kubernetes'
const API_NAMESPACE = 'default'

export type Environment =
  | { readonly values: () => Readonly<Record<string, string>> }
  /** What is missing, in upstream's words. */
  | { readonly problem: string }

/**
 * The variables of a container, every reference resolved. What they refer to is looked up now, and a missing part is
 * told now; the values themselves are put together when they are first asked for, since few ever ask.
 * After kubernetes/kubernetes pkg/kubelet/kubelet_pods.go: makeEnvironmentVariables.
 */
export function environmentOf(context: FieldContext, container: Container, references: References): Environment {
  const namespace = context.pod.metadata.namespace ?? ''
  const lookups: Lookups = { context, container, references, namespace }
  const parts: Part[] = []
  for (const source of container.envFrom ?? []) {
    const part = partFrom(source, lookups)
    if ('problem' in part) return part
    parts.push(part)
  }
  for (const variable of container.env ?? []) {
    const part = partOf(variable, lookups)
    if ('problem' in part) return part
    parts.push(part)
  }
  const linked = servicesSeen(context, lookups)
  let values: Readonly<Record<string, string>> | undefined
  return { values: () => (values ??= assemble(parts, serviceEnvironment(linked()))) }
}

/** Adds its variables to those before it. */
type Part = { readonly add: (values: Record<string, string>, services: Readonly<Record<string, string>>) => void }

interface Lookups {
  readonly context: FieldContext
  readonly container: Container
  readonly references: References
  readonly namespace: string
}

const NOTHING: Part = { add: () => undefined }

function assemble(
  parts: readonly Part[],
  services: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const part of parts) part.add(values, services)
  return { ...services, ...values }
}

function partFrom(
  { configMapRef, secretRef, prefix = '' }: EnvFromSource,
  { references, namespace }: Lookups,
): Part | { problem: string } {
  const data =
    configMapRef === undefined
      ? secretData(references, { namespace, name: secretRef?.name ?? '' })
      : references.configMap(namespace, configMapRef.name ?? '')?.data
  const reference = configMapRef ?? secretRef
  if (data === undefined && !isPresent(references, { namespace, configMapRef, secretRef })) {
    if (reference?.optional === true) return NOTHING
    return { problem: missing(configMapRef === undefined ? 'secret' : 'configmap', reference?.name) }
  }
  return {
    add(values) {
      for (const [key, value] of Object.entries(data ?? {})) {
        if (key !== '' && !key.includes('=')) values[prefix + key] = value
      }
    },
  }
}

function isPresent(
  references: References,
  {
    namespace,
    configMapRef,
    secretRef,
  }: {
    namespace: string
    configMapRef: EnvFromSource['configMapRef'] | undefined
    secretRef: EnvFromSource['secretRef'] | undefined
  },
): boolean {
  if (configMapRef !== undefined) return references.configMap(namespace, configMapRef.name ?? '') !== undefined
  return references.secret(namespace, secretRef?.name ?? '') !== undefined
}

function partOf({ name, value, valueFrom }: EnvVar, lookups: Lookups): Part | { problem: string } {
  if (valueFrom === undefined) {
    const text = value ?? ''
    return { add: (values, services) => (values[name] = expand(text, { ...services, ...values })) }
  }
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  const { context, container, references, namespace } = lookups
  if (fieldRef !== undefined) return constant(name, fieldValue(fieldRef.fieldPath, context))
  if (resourceFieldRef !== undefined) return constant(name, resourceValue(resourceFieldRef, container, context))
  if (configMapKeyRef !== undefined) {
    const { key, optional } = configMapKeyRef
    const map = references.configMap(namespace, configMapKeyRef.name ?? '')
    const found = map?.data?.[key]
    if (found !== undefined) return constant(name, found)
    if (optional === true) return NOTHING
    if (map === undefined) return { problem: missing('configmap', configMapKeyRef.name) }
    return { problem: `couldn't find key ${key} in ConfigMap ${namespace}/${configMapKeyRef.name ?? ''}` }
  }
  if (secretKeyRef !== undefined) {
    const { key, optional } = secretKeyRef
    const secret = references.secret(namespace, secretKeyRef.name ?? '')
    const found = secret?.data?.[key]
    if (found !== undefined) return { add: (values) => (values[name] = decodeBase64(found)) }
    if (optional === true) return NOTHING
    if (secret === undefined) return { problem: missing('secret', secretKeyRef.name) }
    return { problem: `couldn't find key ${key} in Secret ${namespace}/${secretKeyRef.name ?? ''}` }
  }
  return NOTHING
}

function constant(name: string, value: string): Part {
  return { add: (values) => (values[name] = value) }
}

function secretData(
  references: References,
  { namespace, name }: { namespace: string; name: string },
): Readonly<Record<string, string>> | undefined {
  const data = references.secret(namespace, name)?.data
  if (data === undefined) return undefined
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decodeBase64(value)]))
}

function missing(kind: string, name: string | undefined): string {
  return `${kind} "${name ?? ''}" not found`
}

/** The services of the pod's namespace, unless it wants none, and the API's own. */
function servicesSeen({ pod }: FieldContext, { references, namespace }: Lookups): () => Iterable<ServiceOf> {
  return () => {
    const api = references.services(API_NAMESPACE).filter(({ metadata }) => metadata.name === API_SERVICE)
    if (pod.spec.enableServiceLinks === false) return api
    return namespace === API_NAMESPACE ? references.services(namespace) : [...api, ...references.services(namespace)]
  }
}

type ServiceOf = ReturnType<References['services']>[number]
