import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import type { DownwardAPIVolumeFile, KeyToPath } from '../../types.generated.ts'
import { validateFileMode } from '../validation/numbers.ts'
import { validateLocalNonReservedPath } from '../validation/paths.ts'
import { validateFieldRef, validateResourceFieldRef } from './validate-env.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

/** A key of a Secret or ConfigMap as a file. */
export function* validateKeyToPath(
  { key = '', path = '', mode }: Unchecked<KeyToPath>,
  field: string,
): Generator<Cause> {
  if (key === '') yield required(`${field}.key`, '')
  if (path === '') yield required(`${field}.path`, '')
  yield* validateLocalNonReservedPath(path, `${field}.path`)
  yield* validateFileMode(mode, `${field}.mode`)
}

const FILE_FIELDS: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

/** A field of the pod, or a resource of a container, as a file. */
export function* validateDownwardFile(file: DownwardAPIVolumeFile, field: string): Generator<Cause> {
  const { path = '', fieldRef, resourceFieldRef, mode } = unchecked(file)
  if (path === '') yield required(`${field}.path`, '')
  yield* validateLocalNonReservedPath(path, `${field}.path`)
  if (fieldRef !== undefined) {
    yield* validateFieldRef(fieldRef, `${field}.fieldRef`, FILE_FIELDS)
    if (resourceFieldRef !== undefined) {
      yield invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (resourceFieldRef !== undefined) {
    yield* validateResourceFieldRef(resourceFieldRef, `${field}.resourceFieldRef`, { inVolume: true })
  } else yield required(field, 'one of fieldRef and resourceFieldRef is required')
  yield* validateFileMode(mode, `${field}.mode`)
}
