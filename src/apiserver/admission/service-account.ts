import { forbidden } from '../../api/errors.ts'
import type { Container, Pod, PodSpec, ServiceAccount, Volume, VolumeMount } from '../../api/types.generated.ts'
import { nameSuffix, type Random } from '../../world/random.ts'
import type { AdmissionPlugin } from './admission.ts'

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Tokens in pods are asked for an hour and seven seconds (k8s.io/kubernetes plugin/pkg/admission/serviceaccount). */
const TOKEN_SECONDS = 3_607
const MODE = 0o644

/**
 * Every pod runs as a service account, and finds that account's token in its files. Pods of one template keep sharing
 * one spec: what a template's spec becomes is remembered as long as that spec lives.
 */
export function serviceAccount(random: Random): AdmissionPlugin {
  const completed = new WeakMap<PodSpec, { account: ServiceAccount; spec: PodSpec }>()
  return {
    name: 'ServiceAccount',

    admit({ operation, kind, object, subresource, namespace = '' }, { store }) {
      if (operation !== 'CREATE' || kind.plural !== 'pods' || kind.group !== '' || subresource !== undefined)
        return undefined
      const pod = object as Pod
      if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return undefined
      const name = pod.spec.serviceAccountName ?? 'default'
      const account = store.get('/serviceaccounts', { namespace, name }) as ServiceAccount | undefined
      if (account === undefined) {
        const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`
        throw forbidden({ group: '', resource: 'pods' }, pod.metadata.name, why)
      }
      const known = completed.get(pod.spec)
      if (known?.account === account) return { ...pod, spec: known.spec } as Pod
      const spec = complete(pod.spec, account, random)
      completed.set(pod.spec, { account, spec })
      return spec === pod.spec ? undefined : ({ ...pod, spec } as Pod)
    },
  }
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
