import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required, valueNotFound } from '../../errors.ts'
import type { Container, VolumeMount } from '../../types.generated.ts'
import { validateOptionalChoice } from '../validation/choices.ts'
import { hasBacksteps, validateLocalDescendingPath } from '../validation/paths.ts'
import type { PodContext } from './pod-context.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/validation/validation.go ValidateVolumeMounts. Some paths upstream lack the index; so here. */
export function* validateVolumeMounts(container: Container, field: string, pod: PodContext): Generator<Cause> {
  const { volumeMounts = [], volumeDevices = [] } = container
  const paths = new Set<string>()
  for (const [index, mount] of volumeMounts.entries()) {
    const place = `${field}[${index}]`
    const { name = '', mountPath = '' } = unchecked(mount)
    if (name === '') yield required(`${place}.name`, '')
    if (!pod.volumes.has(name)) yield valueNotFound(`${place}.name`, name)
    if (mountPath === '') yield required(`${place}.mountPath`, '')
    if (paths.has(mountPath)) yield invalidValue(`${place}.mountPath`, mountPath, 'must be unique')
    paths.add(mountPath)
    if (volumeDevices.some((device) => device.name === name)) {
      yield invalidValue(`${place}.name`, name, 'must not already exist in volumeDevices')
    }
    if (volumeDevices.some((device) => device.devicePath === mountPath)) {
      yield invalidValue(`${place}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices')
    }
    yield* validateSubPaths(mount, { place, list: field, isImage: pod.volumes.get(name)?.image !== undefined })
    yield* validatePropagation(mount, container, field)
  }
}

/** ValidateVolumeDevices: raw block devices, which only claims have. */
export function* validateVolumeDevices(container: Container, field: string, pod: PodContext): Generator<Cause> {
  const { volumeMounts = [], volumeDevices = [] } = container
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [index, { name = '', devicePath = '' }] of volumeDevices.entries()) {
    const place = `${field}[${index}]`
    const volume = pod.volumes.get(name)
    if (name === '') yield required(`${place}.name`, '')
    if (names.has(name)) yield invalidValue(`${place}.name`, name, 'must be unique')
    if (volume === undefined) yield valueNotFound(`${place}.name`, name)
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const rule = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
      yield invalidValue(`${place}.name`, name, rule)
    }
    if (devicePath === '') yield required(`${place}.devicePath`, '')
    if (paths.has(devicePath)) yield invalidValue(`${place}.devicePath`, devicePath, 'must be unique')
    if (hasBacksteps(devicePath)) {
      yield invalidValue(`${place}.devicePath`, devicePath, "can not contain backsteps ('..')")
    } else paths.add(devicePath)
    if (volumeMounts.some((mount) => mount.name === name)) {
      yield invalidValue(`${place}.name`, name, 'must not already exist in volumeMounts')
    }
    if (volumeMounts.some((mount) => mount.mountPath === devicePath)) {
      yield invalidValue(`${place}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts')
    }
    if (name !== '') names.add(name)
  }
}

function* validateSubPaths(
  { subPath = '', subPathExpr = '' }: VolumeMount,
  { place, list, isImage }: { place: string; list: string; isImage: boolean },
): Generator<Cause> {
  if (isImage && subPathExpr !== '') {
    yield invalidValue(`${place}.subPathExpr`, subPathExpr, 'not allowed in image volume sources')
  }
  if (subPath !== '') yield* validateLocalDescendingPath(subPath, `${list}.subPath`)
  if (subPathExpr === '') return
  if (subPath !== '') {
    yield invalidValue(`${place}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')
  }
  yield* validateLocalDescendingPath(subPathExpr, `${list}.subPathExpr`)
}

const PROPAGATIONS: readonly string[] = ['Bidirectional', 'HostToContainer', 'None']
const RECURSIVE_READ_ONLY: readonly string[] = ['Disabled', 'Enabled', 'IfPossible']

function* validatePropagation(
  { mountPropagation, recursiveReadOnly, readOnly }: VolumeMount,
  { securityContext }: Container,
  list: string,
): Generator<Cause> {
  yield* validateOptionalChoice(mountPropagation, `${list}.mountPropagation`, PROPAGATIONS)
  if (mountPropagation === 'Bidirectional' && securityContext?.privileged !== true) {
    const rule = 'Bidirectional mount propagation is available only to privileged containers'
    yield forbiddenField(`${list}.mountPropagation`, rule)
  }
  const field = `${list}.recursiveReadOnly`
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return
  if (!RECURSIVE_READ_ONLY.includes(recursiveReadOnly)) {
    yield notSupported(field, recursiveReadOnly, RECURSIVE_READ_ONLY)
    return
  }
  if (readOnly !== true) yield forbiddenField(field, 'may only be specified when readOnly is true')
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    yield forbiddenField(field, 'may only be specified when mountPropagation is None or not specified')
  }
}
