import type { Claims } from '../route/request.ts'
import { isSomeText, type TextTest } from './text-pattern.ts'

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
