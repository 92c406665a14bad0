import { without } from '../../../base/copy-on-write.ts'
import type { Secret } from '../../types.generated.ts'

/**
 * pkg/apis/core/v1/defaults.go SetDefaults_Secret, and conversion's part: `stringData` is a way to write `data`, which it
 * overrides; it is never given back.
 */
export function defaultSecret(secret: Secret): Secret {
  const merged = secret.stringData === undefined ? secret : withStringData(secret)
  return (merged.type ?? '') === '' ? { ...merged, type: 'Opaque' } : merged
}

/** pkg/registry/core/secret/strategy.go PrepareForUpdate: who does not name the type means the present one. */
export function prepareSecretForUpdate(secret: Secret, old: Secret): Secret {
  if ((secret.type ?? '') !== '' || old.type === undefined) return secret
  return { ...secret, type: old.type }
}

function withStringData(secret: Secret): Secret {
  const { stringData = {}, data = {} } = secret
  const texts = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  const rest = without(secret, 'stringData')
  return texts.length === 0 ? rest : { ...rest, data: { ...data, ...Object.fromEntries(texts) } }
}
