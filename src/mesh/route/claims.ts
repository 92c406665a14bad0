import type { Claims } from './request.ts'

/** Headers of this name in a VirtualService are none: they stand for claims of the token. */
const ROUTING_PREFIX = '@request.auth.claims'

/** Whether a claim is a text, or a list with a text, that fits. Claims of claims are reached by several names. */
export function claimMatches(
  claims: Claims | undefined,
  path: readonly string[],
  test: (text: string) => boolean,
): boolean {
  return valueMatches(claimOf(claims, path), test)
}

export function valueMatches(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value)
  return Array.isArray(value) && value.some((item) => typeof item === 'string' && test(item))
}

export function claimOf(claims: Claims | undefined, path: readonly string[]): unknown {
  let value: unknown = claims
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined
    }
    value = (value as Claims)[name]
  }
  return value
}

/**
 * `@request.auth.claims.a.b` or `@request.auth.claims[a][b]`, to names; undefined for a header. With brackets, names may
 * have dots. Rules: istio/istio pkg/jwt/routing.go.
 */
export function routingClaim(header: string): readonly string[] | undefined {
  if (!header.toLowerCase().startsWith(ROUTING_PREFIX)) return undefined
  const name = header.slice(ROUTING_PREFIX.length)
  if (name.startsWith('.') && name.length > 1) return name.slice(1).split('.')
  return name.startsWith('[') && name.endsWith(']') && name.length > 2 ? name.slice(1, -1).split('][') : undefined
}
