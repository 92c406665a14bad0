import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required, tooLong } from '../../errors.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { validateConfigMapKey } from '../../names/words.ts'
import { deepEqual } from '../../../base/equal.ts'
import type { Secret } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { DATA_SIZE_BYTES_MAX } from './validate-config-map.ts'

const ACCOUNT_NAME_ANNOTATION = 'kubernetes.io/service-account.name'

/** pkg/apis/core/validation/validation.go ValidateSecret. */
export function* validateSecret({ metadata, data = {}, type = '' }: Secret): Generator<Cause> {
  yield* validateObjectMeta(metadata, { namespaced: true, name: nameIsDnsSubdomain })
  let sizeBytes = 0
  for (const [key, value] of Object.entries(data)) {
    yield* invalidFor(`data[${key}]`, key, validateConfigMapKey(key))
    sizeBytes += Buffer.byteLength(value, 'base64')
  }
  if (sizeBytes > DATA_SIZE_BYTES_MAX) yield tooLong('data', DATA_SIZE_BYTES_MAX)
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if ((metadata.annotations?.[ACCOUNT_NAME_ANNOTATION] ?? '') === '') {
        yield required(`metadata.annotations[${ACCOUNT_NAME_ANNOTATION}]`, '')
      }
      break
    case 'kubernetes.io/dockercfg':
      yield* validateJsonObject(data, '.dockercfg')
      break
    case 'kubernetes.io/dockerconfigjson':
      yield* validateJsonObject(data, '.dockerconfigjson')
      break
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        yield required('data[username]', '')
        yield required('data[password]', '')
      }
      break
    case 'kubernetes.io/ssh-auth':
      if ((data['ssh-privatekey'] ?? '') === '') yield required('data[ssh-privatekey]', '')
      break
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) if (data[key] === undefined) yield required(`data[${key}]`, '')
      break
  }
}

/** ValidateSecretUpdate. */
export function* validateSecretUpdate(secret: Secret, old: Secret): Generator<Cause> {
  yield* validateObjectMetaUpdate(secret.metadata, old.metadata)
  yield* validateImmutable(secret.type, old.type, 'type')
  if (old.immutable === true) {
    const rule = 'field is immutable when `immutable` is set'
    if (secret.immutable !== true) yield forbiddenField('immutable', rule)
    if (!deepEqual(secret.data ?? {}, old.data ?? {})) yield forbiddenField('data', rule)
  }
  yield* validateSecret(secret)
}

/** The contents of a secret do not go into messages. */
function* validateJsonObject(data: Readonly<Record<string, string>>, key: string): Generator<Cause> {
  const encoded = data[key]
  if (encoded === undefined) {
    yield required(`data[${key}]`, '')
    return
  }
  const problem = problemOfJson(Buffer.from(encoded, 'base64').toString())
  if (problem !== undefined) yield invalidValue(`data[${key}]`, '<secret contents redacted>', problem)
}

/** In the words of Go's encoding/json for the usual cases. */
function problemOfJson(text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const [first] = text.trimStart()
    if (first === undefined || '{["'.includes(first)) return 'unexpected end of JSON input'
    return `invalid character '${first}' looking for beginning of value`
  }
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
}
