import type { Claims } from '../route/request.ts'
import { isSomeText, type TextTest } from './text-pattern.ts'

/** Whether a claim is a text, or a list with a text, that fits. Claims of claims are reached by several names. */
export function claimMatches(claims: Claims | undefined, path: readonly string[], test: TextTest): boolean {
  let value: unknown = claims
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return false
    value = value[name]
  }
  return valueMatches(value, test)
}

export function valueMatches(value: unknown, test: TextTest): boolean {
  if (typeof value === 'string') return test(value)
  return Array.isArray(value) && value.some((item) => typeof item === 'string' && test(item))
}

/** `[a]` or `[a][b]`, to names; undefined where there are no brackets. */
export function bracketedNames(text: string): readonly string[] | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  const inner = text.slice(1, -1)
  const names = inner.split('][')
  // Brackets that do not pair are part of one name.
  return names.some((name) => name.includes('[') || name.includes(']')) ? [inner] : names
}

/**
 * `issuer/subject`, where the last slash divides, as an issuer may be a URL. A star at either end is for that part, and
 * for the other as well where there is no slash. Rules: istio/istio pilot/pkg/security/authz/model/generator.go.
 */
export function requestPrincipalPattern(value: string): (claims: Claims | undefined) => boolean {
  const { issuer, subject } = partsOf(value)
  return (claims) => {
    const iss = claims?.['iss']
    const sub = claims?.['sub']
    return typeof iss === 'string' && typeof sub === 'string' && issuer(iss) && subject(sub)
  }
}

function partsOf(value: string): { readonly issuer: TextTest; readonly subject: TextTest } {
  const slash = value.lastIndexOf('/')
  const issuer = slash < 0 ? value : value.slice(0, slash)
  const subject = slash < 0 ? '' : value.slice(slash + 1)
  if (value === '*') return { issuer: isSomeText, subject: isSomeText }
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: isSomeText, subject: endsWith(value.slice(1)) }
    return { issuer: issuer === '*' ? isSomeText : endsWith(issuer.slice(1)), subject: equals(subject) }
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: startsWith(value.slice(0, -1)), subject: isSomeText }
    return { issuer: equals(issuer), subject: subject === '*' ? isSomeText : startsWith(subject.slice(0, -1)) }
  }
  return { issuer: equals(issuer), subject: equals(subject) }
}

function equals(wanted: string): TextTest {
  return (text) => text === wanted
}

function startsWith(start: string): TextTest {
  return (text) => text.startsWith(start)
}

function endsWith(end: string): TextTest {
  return (text) => text.endsWith(end)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
