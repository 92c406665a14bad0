import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, tooLong } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateConfigMapKey } from '../../names/words.ts'
import { deepEqual } from '../../../base/equal.ts'
import type { ConfigMap } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'

/** A mebibyte: pkg/apis/core/types.go MaxSecretSize, which holds for config maps too. */
export const DATA_SIZE_BYTES_MAX = 1024 * 1024

/** pkg/apis/core/validation/validation.go ValidateConfigMap. */
export function* validateConfigMap({ metadata, data = {}, binaryData = {} }: ConfigMap): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  let sizeBytes = 0
  for (const [key, value] of Object.entries(data)) {
    yield* invalidFor(`data[${key}]`, key, validateConfigMapKey(key))
    if (binaryData[key] !== undefined) yield invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')
    sizeBytes += Buffer.byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    yield* invalidFor(`binaryData[${key}]`, key, validateConfigMapKey(key))
    sizeBytes += Buffer.byteLength(value, 'base64')
  }
  // Upstream names the whole object by an empty path, which prints as a pair of brackets.
  if (sizeBytes > DATA_SIZE_BYTES_MAX) yield tooLong('[]', DATA_SIZE_BYTES_MAX)
}

/** ValidateConfigMapUpdate. */
export function* validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): Generator<Cause> {
  yield* validateObjectMetaUpdate(map.metadata, old.metadata)
  if (old.immutable === true) {
    const rule = 'field is immutable when `immutable` is set'
    if (map.immutable !== true) yield forbiddenField('immutable', rule)
    if (!deepEqual(map.data ?? {}, old.data ?? {})) yield forbiddenField('data', rule)
    if (!deepEqual(map.binaryData ?? {}, old.binaryData ?? {})) yield forbiddenField('binaryData', rule)
  }
  yield* validateConfigMap(map)
}
