import { parse } from 'yaml'
import { Pod } from '../../api/kinds/core/pod.ts'
import { isObject } from '../../api/patch/json-value.ts'
import type { Volume, VolumeMount } from '../../api/types.generated.ts'
import type { Informers } from '../../client/informers.ts'
import type { SecretLookup, SecretTexts } from '../sockets/tls/credential.ts'
import type { MeshTlsOptions } from '../sockets/tls/mesh-tls.ts'

/** istio/istio pkg/kube/inject: volumes that a pod wants in its proxy besides, by name or in order. */
const USER_VOLUMES = 'sidecar.istio.io/userVolume'
const USER_MOUNTS = 'sidecar.istio.io/userVolumeMount'
const PROXY_CONTAINER = 'istio-proxy'
/** Where every proxy has the mesh's own authorities. */
const ROOTS: ReadonlySet<string> = new Set(['/etc/certs/root-cert.pem', '/var/run/secrets/istio/root-cert.pem'])
const ADDRESS_INDEX = 'mesh/pod-address'

/**
 * Files as a proxy sees them: Secrets and ConfigMaps, where its pod mounts them into the proxy. A pod whose proxy is injected
 * says so by annotations.
 */
export function proxyFiles(options: {
  readonly informers: Informers
  readonly secrets: SecretLookup
  readonly configMaps: SecretLookup
  roots(): string
}): NonNullable<MeshTlsOptions['files']> {
  const { informers, secrets, configMaps, roots } = options
  const pods = informers.of(Pod)
  pods.addIndex(ADDRESS_INDEX, ({ status }) => (status?.podIP === undefined ? [] : [status.podIP]))
  return (path, { addresses: [address = ''] = [] }) => {
    if (ROOTS.has(path)) return roots()
    for (const pod of pods.byIndex(ADDRESS_INDEX, address)) {
      const { namespace = 'default' } = pod.metadata
      for (const { volume, file } of placesOf(pod, path)) {
        const { secret, configMap } = volume
        const { items } = secret ?? configMap ?? {}
        const texts =
          secret === undefined
            ? configMaps({ namespace, name: configMap?.name ?? '' })
            : secrets({ namespace, name: secret.secretName ?? '' })
        const text = textIn(texts, file, items)
        if (text !== undefined) return text
      }
    }
    return undefined
  }
}

/** The volumes that could hold a file, and what it is called there. */
function* placesOf(pod: Pod, path: string): Generator<{ readonly volume: Volume; readonly file: string }> {
  const { containers, initContainers = [], volumes: own = [] } = pod.spec
  const proxy = [...containers, ...initContainers].find(({ name }) => name === PROXY_CONTAINER)
  const { annotations = {} } = pod.metadata
  const volumes = [...own, ...(listed(annotations[USER_VOLUMES]) as readonly Volume[])]
  const mounts = [...(proxy?.volumeMounts ?? []), ...(listed(annotations[USER_MOUNTS]) as readonly VolumeMount[])]
  for (const { name, mountPath, subPath } of mounts) {
    const folder = mountPath.endsWith('/') ? mountPath : `${mountPath}/`
    const isMounted = subPath === undefined ? path.startsWith(folder) : path === mountPath
    const volume = isMounted ? volumes.find((candidate) => candidate.name === name) : undefined
    if (volume !== undefined) yield { volume, file: subPath ?? path.slice(folder.length) }
  }
}

/** A list, or an object whose names are those of the volumes. What is neither says nothing. */
function listed(annotation: string | undefined): readonly object[] {
  if (annotation === undefined) return []
  try {
    const written: unknown = parse(annotation)
    if (Array.isArray(written)) return written.filter(isObject)
    if (!isObject(written)) return []
    return Object.entries(written).flatMap(([name, value]) => (isObject(value) ? [{ name, ...value }] : []))
  } catch {
    return []
  }
}

function textIn(
  texts: SecretTexts | undefined,
  file: string,
  items: readonly { readonly key: string; readonly path: string }[] | undefined,
): string | undefined {
  const key = items === undefined ? file : items.find(({ path }) => path === file)?.key
  return key === undefined ? undefined : texts?.[key]
}
