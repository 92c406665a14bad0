import type { Container, EphemeralContainer, PodSpec, ServiceAccount } from '../../../api/types.generated.ts'

const ENFORCE_ANNOTATION = 'kubernetes.io/enforce-mountable-secrets'
/** What Go's strconv.ParseBool takes for true. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])

type AnyContainer = Pick<Container | EphemeralContainer, 'name' | 'env' | 'envFrom'>

/**
 * Why a pod may not refer to the secrets that it names, where its account allows only some: the words of k8s.io/kubernetes
 * plugin/pkg/admission/serviceaccount. `undefined` when it may.
 */
export function secretObstacle(spec: PodSpec, account: ServiceAccount): string | undefined {
  if (!isEnforced(account)) return undefined
  const { allowed, suffix } = allowance(account)
  for (const { secret } of spec.volumes ?? []) {
    const name = secret?.secretName
    if (secret !== undefined && !allowed.has(name ?? ''))
      return `volume with secret.secretName="${name ?? ''}" ${suffix}`
  }
  const init = containersObstacle('init container', spec.initContainers ?? [], account)
  return init ?? containersObstacle('container', spec.containers, account) ?? pullObstacle(spec, account)
}

/** The same for containers that are added to a pod while it runs. */
export function ephemeralSecretObstacle(spec: PodSpec, account: ServiceAccount): string | undefined {
  if (!isEnforced(account)) return undefined
  return containersObstacle('ephemeral container', spec.ephemeralContainers ?? [], account)
}

function isEnforced({ metadata }: ServiceAccount): boolean {
  return TRUE.has(metadata.annotations?.[ENFORCE_ANNOTATION] ?? '')
}

function allowance({ secrets = [], metadata }: ServiceAccount): { allowed: ReadonlySet<string>; suffix: string } {
  const allowed = new Set(secrets.map(({ name = '' }) => name))
  return { allowed, suffix: `is not allowed because service account ${metadata.name} does not reference that secret` }
}

function containersObstacle(
  what: string,
  containers: readonly AnyContainer[],
  account: ServiceAccount,
): string | undefined {
  const { allowed, suffix } = allowance(account)
  for (const { name, env = [], envFrom = [] } of containers) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef
      if (secret === undefined || allowed.has(secret.name ?? '')) continue
      return `${what} ${name} with envVar ${variable} referencing secret.secretName="${secret.name ?? ''}" ${suffix}`
    }
    for (const { secretRef } of envFrom) {
      if (secretRef === undefined || allowed.has(secretRef.name ?? '')) continue
      return `${what} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${suffix}`
    }
  }
  return undefined
}

function pullObstacle({ imagePullSecrets = [] }: PodSpec, account: ServiceAccount): string | undefined {
  const allowed = new Set((account.imagePullSecrets ?? []).map(({ name = '' }) => name))
  const index = imagePullSecrets.findIndex(({ name = '' }) => !allowed.has(name))
  if (index === -1) return undefined
  const name = imagePullSecrets[index]?.name ?? ''
  return `imagePullSecrets[${index}].name="${name}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`
}
