import type { HttpMatch, StringMatch, StringMatches } from '../../mesh/config/types/virtual-service.ts'
import { isPresenceOnly, textMatch } from '../../mesh/route/text-match.ts'

/**
 * Whether every request that `later` matches is matched by `earlier`, as far as that can be told without solving regular
 * expressions: an answer of yes is right, one of no may only mean that nobody can see it.
 */
export function covers(earlier: HttpMatch, later: HttpMatch): boolean {
  return (
    coversPath(earlier, later) &&
    coversText(earlier.method, later.method) &&
    coversText(earlier.scheme, later.scheme) &&
    coversText(earlier.authority, later.authority) &&
    coversEach(earlier.headers, later.headers) &&
    coversEach(earlier.queryParams, later.queryParams) &&
    excludesNoMore(earlier.withoutHeaders, later.withoutHeaders)
  )
}

/** All paths begin with a slash. */
function coversPath(earlier: HttpMatch, later: HttpMatch): boolean {
  const cases = { folds: earlier.ignoreUriCase === true, foldsLater: later.ignoreUriCase === true }
  return earlier.uri?.prefix === '/' || coversText(earlier.uri, later.uri, cases)
}

function coversText(
  earlier: StringMatch | undefined,
  later: StringMatch | undefined,
  { folds = false, foldsLater = false }: { readonly folds?: boolean; readonly foldsLater?: boolean } = {},
): boolean {
  if (earlier === undefined) return true
  if (later === undefined) return earlier.regex === '.*' || earlier.regex === '*'
  // What later takes in any case, earlier must take in any case too.
  if (foldsLater && !folds) return false
  if (later.exact !== undefined) return textMatch(earlier, { ignoreCase: folds })(later.exact)
  if (isPresenceOnly(earlier)) return true
  if (later.prefix !== undefined) {
    if (earlier.regex === '.*') return true
    const [wide = '', narrow] = folds
      ? [earlier.prefix?.toLowerCase(), later.prefix.toLowerCase()]
      : [earlier.prefix, later.prefix]
    return earlier.prefix !== undefined && narrow.startsWith(wide)
  }
  return earlier.regex !== undefined && earlier.regex === later.regex
}

function coversEach(earlier: StringMatches = {}, later: StringMatches = {}): boolean {
  return Object.entries(earlier).every(([name, text]) => {
    const asked = later[name]
    return asked !== undefined && coversText(text, asked)
  })
}

/** What earlier keeps out, later has to keep out as well. */
function excludesNoMore(earlier: StringMatches = {}, later: StringMatches = {}): boolean {
  return Object.entries(earlier).every(([name, text]) => JSON.stringify(later[name]) === JSON.stringify(text))
}
