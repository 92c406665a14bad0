const ONE = '{*}'
const ANY = '{**}'
/** What a segment of a path may have as it is (RFC 3986, pchar). */
const LITERAL = /^[a-zA-Z0-9-._~%!$&'()+,;:@=]+$/

/** A path may be a template, in which `{*}` stands for a segment and `{**}`, the last of them, for any number. */
export function pathTemplateProblem(path: string, field: string): string | undefined {
  const isTemplate = path.includes(ONE) || path.includes(ANY)
  const inner = path.replace(/^\/+|\/+$/g, '')
  const unsupported = `invalid or unsupported path ${inner}, found in ${field}.`
  let wasAny = false
  for (const segment of inner.split('/')) {
    if (segment === ONE || segment === ANY) {
      if (wasAny) return `${unsupported} {**} is not the last operator`
      wasAny = segment === ANY
    } else if (/[{}]/.test(segment)) {
      return `${unsupported} Contains '{' or '}' beyond a supported path template`
    } else if (isTemplate && !LITERAL.test(segment)) {
      return `${unsupported} Contains segment ${segment} with invalid string literal`
    }
  }
  return undefined
}
