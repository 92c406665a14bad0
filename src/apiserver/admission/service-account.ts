import { forbidden } from '../../api/errors.ts'
import type { Container, Pod, PodSpec, ServiceAccount, Volume, VolumeMount } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import { nameSuffix, type Random } from '../../world/random.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { ephemeralSecretObstacle, secretObstacle } from './service-account/mountable-secrets.ts'

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Tokens in pods are asked for an hour and seven seconds (k8s.io/kubernetes plugin/pkg/admission/serviceaccount). */
const TOKEN_SECONDS = 3_607
const MODE = 0o644

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'

/**
 * Every pod runs as a service account, and finds that account's token in its files. Pods of one template keep sharing
 * one spec: what a template's spec becomes is remembered as long as that spec lives.
 */
export function serviceAccount(random: Random): AdmissionPlugin {
  const completed = new WeakMap<PodSpec, { account: ServiceAccount; spec: PodSpec }>()
  return {
    name: 'ServiceAccount',

    admit(request, { store }) {
      if (!isPod(request) || request.operation !== 'CREATE' || request.subresource !== undefined) return undefined
      const pod = request.object as Pod
      if (isMirror(pod)) {
        checkMirror(pod)
        return undefined
      }
      const account = accountOf(pod, request, store)
      const known = completed.get(pod.spec)
      if (known?.account === account) return { ...pod, spec: known.spec } as Pod
      const spec = complete(pod.spec, account, random)
      const obstacle = secretObstacle(spec, account)
      if (obstacle !== undefined) throw refused(pod, obstacle)
      completed.set(pod.spec, { account, spec })
      return spec === pod.spec ? undefined : ({ ...pod, spec } as Pod)
    },

    validate(request, { store }) {
      if (!isPod(request) || request.operation !== 'UPDATE' || request.subresource !== 'ephemeralcontainers') return
      const pod = request.object as Pod
      const obstacle = ephemeralSecretObstacle(pod.spec, accountOf(pod, request, store))
      if (obstacle !== undefined) throw refused(pod, obstacle)
    },
  }
}

function isPod({ kind }: AdmissionRequest): boolean {
  return kind.group === '' && kind.plural === 'pods'
}

/** A static pod's image in the API: the node runs it from a file, whatever is said here. */
function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[MIRROR_ANNOTATION] !== undefined
}

function checkMirror(pod: Pod): void {
  const { spec } = pod
  if ((spec.serviceAccountName ?? '') !== '') throw refused(pod, 'a mirror pod may not reference service accounts')
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  const namesSecret =
    (spec.imagePullSecrets ?? []).length > 0 ||
    spec.volumes?.some(({ secret, projected }) => {
      return secret !== undefined || projected?.sources?.some((source) => source.secret !== undefined) === true
    }) === true ||
    containers.some(({ env = [], envFrom = [] }) => {
      const isFromSecret = env.some(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined)
      return isFromSecret || envFrom.some(({ secretRef }) => secretRef !== undefined)
    })
  if (namesSecret) throw refused(pod, 'a mirror pod may not reference secrets')
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  if (sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)) {
    throw refused(pod, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

function accountOf(pod: Pod, { namespace = '' }: AdmissionRequest, store: Store): ServiceAccount {
  const name = pod.spec.serviceAccountName || 'default'
  const account = store.get('/serviceaccounts', { namespace, name }) as ServiceAccount | undefined
  if (account !== undefined) return account
  throw refused(pod, `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`)
}

function refused({ metadata }: Pod, why: string): Error {
  return forbidden({ group: '', resource: 'pods' }, metadata.name, why)
}

function complete(spec: PodSpec, account: ServiceAccount, random: Random): PodSpec {
  const { name } = account.metadata
  const named = spec.serviceAccountName === name ? spec : { ...spec, serviceAccountName: name, serviceAccount: name }
  const secrets = account.imagePullSecrets ?? []
  const withSecrets =
    (named.imagePullSecrets ?? []).length > 0 || secrets.length === 0 ? named : { ...named, imagePullSecrets: secrets }
  const isWanted = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  return isWanted ? withToken(withSecrets, random) : withSecrets
}

function withToken(spec: PodSpec, random: Random): PodSpec {
  const present = spec.volumes?.find((volume) => volume.name.startsWith('kube-api-access-'))
  const volumeName = present?.name ?? `kube-api-access-${nameSuffix(random)}`
  const mount: VolumeMount = { name: volumeName, readOnly: true, mountPath: TOKEN_PATH }
  const mounted = (container: Container): Container =>
    container.volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_PATH) === true
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] }
  const containers = spec.containers.map(mounted)
  const initContainers = spec.initContainers?.map(mounted)
  const all = [...containers, ...(initContainers ?? [])]
  const isUsed = all.some(({ volumeMounts }) => volumeMounts?.some(({ name }) => name === volumeName) === true)
  if (!isUsed) return spec
  return {
    ...spec,
    containers,
    ...(initContainers === undefined ? {} : { initContainers }),
    ...(present === undefined ? { volumes: [...(spec.volumes ?? []), tokenVolume(volumeName)] } : {}),
  }
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  }
}
