import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type {
  DownwardAPIVolumeFile,
  EphemeralVolumeSource,
  PersistentVolumeClaimSpec,
  Volume,
  VolumeProjection,
} from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { defaultFieldRef, defaultResourceFieldRef } from './default-containers.ts'
import { defaultPullPolicy } from './image-reference.ts'

/** 0644, as files of volumes have it: pkg/apis/core/types.go. */
const FILE_MODE = 0o644
const TOKEN_EXPIRATION_SECONDS = 3600

/** pkg/apis/core/v1/defaults.go SetDefaults_Volume and zz_generated.defaults.go. A volume without a source is an emptyDir. */
export function defaultVolume(volume: Volume): Volume {
  if (Object.keys(volume).every((name) => name === 'name')) return { ...volume, emptyDir: {} }
  const { secret, configMap, downwardAPI, projected, hostPath, ephemeral, emptyDir, image } = volume
  return changed(defaultVendorVolume(volume), {
    secret: secret && withMode(secret),
    configMap: configMap && withMode(configMap),
    downwardAPI:
      downwardAPI &&
      changed(withMode(downwardAPI), { items: downwardAPI.items && mapChanged(downwardAPI.items, defaultFile) }),
    projected:
      projected &&
      changed(withMode(projected), { sources: projected.sources && mapChanged(projected.sources, defaultProjection) }),
    hostPath: hostPath && changed(hostPath, { type: hostPath.type ?? '' }),
    ephemeral: ephemeral && defaultEphemeral(ephemeral),
    emptyDir:
      emptyDir?.sizeLimit === undefined
        ? emptyDir
        : changed(emptyDir, canonicalResources({ sizeLimit: emptyDir.sizeLimit }) as { readonly sizeLimit: string }),
    image: image && changed(image, { pullPolicy: image.pullPolicy || defaultPullPolicy(image.reference) }),
  })
}

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): PersistentVolumeClaimSpec {
  const { resources = {} } = spec
  return changed(spec, {
    volumeMode: spec.volumeMode ?? 'Filesystem',
    resources: changed(resources, {
      limits: resources.limits && canonicalResources(resources.limits),
      requests: resources.requests && canonicalResources(resources.requests),
    }),
  })
}

function withMode<T extends { readonly defaultMode?: number }>(source: T): T {
  return source.defaultMode === undefined ? { ...source, defaultMode: FILE_MODE } : source
}

function defaultFile(file: DownwardAPIVolumeFile): DownwardAPIVolumeFile {
  return changed(file, {
    fieldRef: file.fieldRef && defaultFieldRef(file.fieldRef),
    resourceFieldRef: file.resourceFieldRef && defaultResourceFieldRef(file.resourceFieldRef),
  })
}

function defaultProjection(source: VolumeProjection): VolumeProjection {
  const { downwardAPI, serviceAccountToken } = source
  return changed(source, {
    downwardAPI:
      downwardAPI && changed(downwardAPI, { items: downwardAPI.items && mapChanged(downwardAPI.items, defaultFile) }),
    serviceAccountToken:
      serviceAccountToken &&
      changed(serviceAccountToken, {
        expirationSeconds: serviceAccountToken.expirationSeconds ?? TOKEN_EXPIRATION_SECONDS,
      }),
  })
}

function defaultEphemeral(source: EphemeralVolumeSource): EphemeralVolumeSource {
  const { volumeClaimTemplate } = source
  if (volumeClaimTemplate?.spec === undefined) return source
  return changed(source, {
    volumeClaimTemplate: changed(volumeClaimTemplate, { spec: defaultClaimSpec(volumeClaimTemplate.spec) }),
  })
}

/** Storage systems of particular vendors; most of these no longer work anywhere, but their fields still have defaults. */
export function defaultVendorVolume(volume: Volume): Volume {
  const { iscsi, rbd, azureDisk, scaleIO } = volume
  return changed(volume, {
    iscsi: iscsi && changed(iscsi, { iscsiInterface: iscsi.iscsiInterface || 'default' }),
    rbd:
      rbd &&
      changed(rbd, {
        pool: rbd.pool || 'rbd',
        user: rbd.user || 'admin',
        keyring: rbd.keyring || '/etc/ceph/keyring',
      }),
    azureDisk:
      azureDisk &&
      changed(azureDisk, {
        cachingMode: azureDisk.cachingMode ?? 'ReadWrite',
        kind: azureDisk.kind ?? 'Shared',
        fsType: azureDisk.fsType ?? 'ext4',
        readOnly: azureDisk.readOnly ?? false,
      }),
    scaleIO:
      scaleIO &&
      changed(scaleIO, {
        storageMode: scaleIO.storageMode || 'ThinProvisioned',
        fsType: scaleIO.fsType || 'xfs',
      }),
  })
}
