import { badRequest } from '../../api/errors.ts'

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
  const token = parseJson(Buffer.from(text, 'base64url').toString('utf8'))
  const { v, rv, start } = token ?? {}
  if (v === undefined)
    throw badRequest('continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (
    v !== 'meta.k8s.io/v1' ||
    typeof rv !== 'number' ||
    rv === 0 ||
    typeof start !== 'string' ||
    !start.includes('/')
  ) {
    throw badRequest('continue key is not valid: server does not recognize this encoded version')
  }
  return { revision: rv, start }
}

function parseJson(text: string): { v?: unknown; rv?: unknown; start?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    throw badRequest('continue key is not valid: invalid character in token')
  }
}
