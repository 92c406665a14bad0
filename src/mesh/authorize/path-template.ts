import type { TextTest } from './text-pattern.ts'

/*
 * Paths with `{*}` for one segment and `{**}` for any number of them.
 * Rules: istio/istio pilot/pkg/security/authz/matcher/template.go, envoyproxy/envoy source/extensions/path/uri_template_lib.
 */

/** Characters of a path that need no escape, without the star: no path with one is met by a template. */
const LITERAL = "\\w\\-.~%!$&'()+,;:@="

const ONE_SEGMENT = '{*}'
const ANY_SEGMENTS = '{**}'

export function isPathTemplate(value: string): boolean {
  return value.includes(ONE_SEGMENT) || value.includes(ANY_SEGMENTS)
}

/** Undefined for a template that Envoy would not take. */
export function pathTemplate(value: string): TextTest | undefined {
  if (!value.startsWith('/')) return undefined
  const segments = value.slice(1).split('/')
  const last = segments.length - 1
  const anyAt = segments.indexOf(ANY_SEGMENTS)
  const isValid = segments.every((segment, index) => {
    if (segment === ONE_SEGMENT || segment === ANY_SEGMENTS) return anyAt < 0 || index <= anyAt
    return segment === '' ? index === last : LITERAL_SEGMENT.test(segment)
  })
  if (!isValid) return undefined
  // Takes linear time in JavaScript too: only `{**}` passes slashes, and there is but one.
  const expression = new RegExp(`^/${segments.map(expressionOf).join('/')}$`)
  return (path) => expression.test(path)
}

const LITERAL_SEGMENT = new RegExp(`^[${LITERAL}]+$`)

function expressionOf(segment: string): string {
  if (segment === ONE_SEGMENT) return `[${LITERAL}]+`
  if (segment === ANY_SEGMENTS) return `[${LITERAL}/]*`
  return segment.replace(/[$()+.]/g, '\\$&')
}
