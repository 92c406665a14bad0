/*
 * What a proxy makes of a path before any rule looks at it, so that `/admin` cannot be reached past a rule about `/admin`
 * under another spelling. Steps by mode: istio/istio pilot/pkg/networking/core/listener_builder.go; what they do:
 * envoyproxy/envoy source/common/http/{conn_manager_utility,path_utility}.cc and Chromium's url/url_canon_path.cc.
 */

export type PathNormalization = 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES'

/** Something to resolve, to decode or to escape; most paths have nothing of it. */
const UNUSUAL = /[^\w\-~!$&'()*+,:;=@[\]./]|\/\.|^[^/]/

/** Escapes, and characters that a path may only have as escapes. */
const ESCAPE_OR_RAW = /%([\da-f]{2})|[^\w\-~!$%&'()*+,:;=@[\].]/gi

/** Characters that need no escape, and so may not hide behind one. */
const UNRESERVED = /[\w\-.~]/

/** Path and query of a request as rules see them; undefined: the proxy answers 400. */
export function normalizedTarget(target: string, mode: PathNormalization): string | undefined {
  const fragment = target.indexOf('#')
  const whole = fragment < 0 ? target : target.slice(0, fragment)
  const question = whole.indexOf('?')
  const path = question < 0 ? whole : whole.slice(0, question)
  const normalized = normalizedPath(path, mode)
  if (normalized === path || normalized === undefined) return normalized && whole
  return question < 0 ? normalized : normalized + whole.slice(question)
}

/** `path` has no query. */
export function normalizedPath(path: string, mode: PathNormalization): string | undefined {
  if (mode === 'NONE' || path === '') return path
  const merges = mode === 'MERGE_SLASHES' || mode === 'DECODE_AND_MERGE_SLASHES'
  const decoded = mode === 'DECODE_AND_MERGE_SLASHES' ? withSlashesDecoded(path) : path
  const canonical = UNUSUAL.test(decoded) ? canonicalPath(decoded) : decoded
  // Only now: decoding and resolving may have put slashes side by side.
  return merges ? canonical?.replace(/\/{2,}/g, '/') : canonical
}

function withSlashesDecoded(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
}

/** Dots resolved, backslashes turned, needless escapes undone and needed ones made. An escaped slash stays one. */
function canonicalPath(path: string): string | undefined {
  const segments = path.split(/[/\\]/)
  if (segments[0] === '') segments.shift()
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const canonical = canonicalSegment(segment)
    if (canonical === undefined) return undefined
    const isDots = canonical === '.' || canonical === '..'
    if (canonical === '..') kept.pop()
    if (!isDots) kept.push(canonical)
    // What ends in dots means a folder.
    else if (index === segments.length - 1) kept.push('')
  }
  return `/${kept.join('/')}`
}

function canonicalSegment(segment: string): string | undefined {
  let hasNull = false
  const canonical = segment.replace(ESCAPE_OR_RAW, (text: string, digits: string | undefined) => {
    if (digits === undefined) {
      if (text === '\0') hasNull = true
      return escaped(text)
    }
    if (digits === '00') hasNull = true
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return UNRESERVED.test(character) ? character : text
  })
  return hasNull ? undefined : canonical
}

/** Texts from the wire have one character for each byte. */
function escaped(character: string): string {
  const bytes = character.charCodeAt(0) > 0xff ? Buffer.from(character) : [character.charCodeAt(0)]
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
