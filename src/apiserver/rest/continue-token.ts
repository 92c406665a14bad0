import { badRequest, type StatusError } from '../../api/errors.ts'
import { describeJson } from '../../api/schema/go-types.ts'
import { jsonSyntaxError } from '../../base/json-syntax-error.ts'

/**
 * Where a list goes on: after which key, at which revision (-1: at the present one). On the wire it has the form of
 * k8s.io/apiserver pkg/storage/continue.go.
 */
export interface ContinueToken {
  readonly revision: number
  /** `namespace/name` and a NUL: the first key that is greater than the last one given out. */
  readonly start: string
}

export function printContinue({ revision, start }: ContinueToken): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })
  return Buffer.from(text).toString('base64url')
}

export function parseContinue(text: string): ContinueToken {
  const { v, rv, start } = read(text)
  if (v !== 'meta.k8s.io/v1') throw invalidKey(`: server does not recognize this encoded version ${printVersion(v)}`)
  if (typeof rv !== 'number' || rv === 0) {
    throw invalidKey(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  }
  if (typeof start !== 'string' || start === '') {
    throw invalidKey(': encoded start key empty (version meta.k8s.io/v1)')
  }
  if (!start.includes('/')) throw invalidKey(`: ${start}`)
  return { revision: rv, start }
}

function read(text: string): { v?: unknown; rv?: unknown; start?: unknown } {
  const illegal = illegalAt(text)
  if (illegal !== undefined) throw invalidKey(`: illegal base64 data at input byte ${illegal}`)
  const json = Buffer.from(text, 'base64url').toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw invalidKey(`: ${jsonSyntaxError(json)}`)
  }
  if (typeof value === 'object' && value !== null) return value
  throw invalidKey(`: json: cannot unmarshal ${describeJson(value)} into Go value of type storage.continueToken`)
}

/** Where Go's decoder of base64 without padding stops; undefined when it reads all. */
function illegalAt(text: string): number | undefined {
  const illegal = /[^A-Za-z0-9_-]/.exec(text)
  if (illegal !== null) return illegal.index
  return text.length % 4 === 1 ? text.length - 1 : undefined
}

function printVersion(version: unknown): string {
  return typeof version === 'string' ? version : ''
}

function invalidKey(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid${why}`)
}
