import { jsonSyntaxError } from '../../../../base/json-syntax-error.ts'

/** What is wrong with a key set, or where it gives away private keys. */
export interface KeySet {
  readonly problem?: string
  /** Places in the list. */
  readonly privateKeys: readonly number[]
}

/** What each type of key must have, in the order in which a missing one is told. */
const REQUIRED: Readonly<Record<string, { readonly name: string; readonly fields: readonly string[] }>> = {
  RSA: { name: 'rsaPublicKey', fields: ['e', 'n'] },
  EC: { name: 'ecdsaPublicKey', fields: ['crv', 'x', 'y'] },
  oct: { name: 'symmetricKey', fields: ['k'] },
  OKP: { name: 'okpPublicKey', fields: ['crv', 'x'] },
}

type Json = Readonly<Record<string, unknown>>

/** Reads a set of keys, or one key, as lestrrat-go/jwx does, with its words. */
export function readKeySet(text: string): KeySet {
  const parsed = parseJson(text)
  if (typeof parsed === 'string') return failed(`failed to unmarshal JWK set: ${parsed}`)
  const { document } = parsed
  if (!isObject(document)) return failed(`failed to unmarshal JWK set: ${notAnObject(document)}`)
  if (!('keys' in document)) return readKeys([document], () => 'failed to parse sole key in key set')
  const { keys } = document
  if (!Array.isArray(keys)) {
    const type = typeof keys === 'boolean' ? 'bool' : typeof keys
    const why = `json: cannot unmarshal ${type} into Go value of type []json.RawMessage`
    return failed(`failed to unmarshal JWK set: failed to decode "keys": ${why}`)
  }
  return readKeys(keys, (index) => `failed to decode key #${index} in "keys"`)
}

function failed(problem: string): KeySet {
  return { problem, privateKeys: [] }
}

function parseJson(text: string): { readonly document: unknown } | string {
  try {
    return { document: JSON.parse(text) as unknown }
  } catch {
    return jsonSyntaxError(text)
  }
}

function notAnObject(document: unknown): string {
  return Array.isArray(document) ? "expected '{', but got '['" : 'error reading token: EOF'
}

function readKeys(keys: readonly unknown[], where: (index: number) => string): KeySet {
  const privateKeys: number[] = []
  for (const [index, key] of keys.entries()) {
    const fields = isObject(key) ? key : {}
    const problem = keyProblem(fields)
    if (problem !== undefined) return failed(`failed to unmarshal JWK set: ${where(index)}: ${problem}`)
    if (fields['kty'] === 'oct' || 'd' in fields) privateKeys.push(index)
  }
  return { privateKeys }
}

function keyProblem(key: Json): string | undefined {
  const kty = typeof key['kty'] === 'string' ? key['kty'] : ''
  const required = Object.hasOwn(REQUIRED, kty) ? REQUIRED[kty] : undefined
  if (required === undefined) return `invalid key type from JSON (${kty})`
  const missing = required.fields.find((field) => typeof key[field] !== 'string')
  if (missing === undefined) return undefined
  const type = 'd' in key ? required.name.replace('Public', 'Private') : required.name
  return `failed to unmarshal JSON into key (*jwk.${type}): required field ${missing} is missing`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
