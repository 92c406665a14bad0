import { RE2JS } from 're2js'
import type { HttpRedirect, HttpRewrite, StringMatch } from '../config/types/virtual-service.ts'
import type { MeshRequest } from './request.ts'

/** The path that the destination sees, of the one that was called. */
export type PathRewrite = (path: string) => string

/** The part that was matched is replaced, or what an expression finds. Undefined where a path stays as it is. */
export function pathRewrite(rewrite: HttpRewrite | undefined, uri: StringMatch | undefined): PathRewrite | undefined {
  const { match = '', rewrite: replacement = '' } = rewrite?.uriRegexRewrite ?? {}
  if (match !== '') return substitution(match, replacement)
  const { uri: start = '' } = rewrite ?? {}
  return start === '' ? undefined : (path) => replacedStart(path, start, uri)
}

/**
 * Where a redirect leads to. A port that its scheme implies is not said; the host stays as it was called, but for a port
 * that the scheme from before implied (envoyproxy/envoy source/common/router/config_impl.cc).
 */
export function redirectLocation(
  redirect: HttpRedirect,
  at: { readonly request: MeshRequest; readonly uri?: StringMatch | undefined; readonly port: number },
): string {
  const { request, uri } = at
  const scheme = redirect.scheme || request.scheme
  const port = portOf(redirect, at.port, scheme)
  const host = redirect.authority || hostCalled(request, { scheme, isPortSaid: port !== undefined })
  return `${scheme}://${host}${port === undefined ? '' : `:${port}`}${targetOf(redirect, request, uri)}`
}

/** A query that the redirect says is all of it. */
function targetOf(
  { prefixRewrite = '', uri: to = '' }: HttpRedirect,
  { path, query }: MeshRequest,
  uri: StringMatch | undefined,
): string {
  const own = prefixRewrite === '' ? to || path : replacedStart(path, prefixRewrite, uri)
  return query === undefined || own.includes('?') ? own : `${own}?${query}`
}

function portOf({ port, derivePort }: HttpRedirect, listenPort: number, scheme: string): number | undefined {
  const said = derivePort === 'FROM_REQUEST_PORT' ? listenPort : port
  return said === PORTS[scheme] ? undefined : said
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

function hostCalled(
  { authority, scheme: before }: MeshRequest,
  { scheme, isPortSaid }: { readonly scheme: string; readonly isPortSaid: boolean },
): string {
  const [, host, port] = /^(.*):(\d+)$/.exec(authority) ?? []
  if (host === undefined) return authority
  return isPortSaid || (scheme !== before && Number(port) === PORTS[before]) ? host : authority
}

/** Under an exact match that is the whole path, under an expression too; without a match nothing but the first slash. */
function replacedStart(path: string, start: string, uri: StringMatch | undefined): string {
  if (uri?.exact !== undefined || uri?.regex !== undefined) return start
  return start + path.slice((uri?.prefix ?? '/').length)
}

/** As RE2 does it: every match is replaced, but none that is empty right behind another. `\1` is what its first group found. */
function substitution(match: string, replacement: string): PathRewrite {
  let expression: RE2JS | undefined
  return (path) => {
    try {
      expression ??= RE2JS.compile(match)
    } catch {
      // Admission refuses such expressions; one that came past it must not take requests down.
      return path
    }
    const found = expression.matcher(path)
    let written = ''
    let end = 0
    while (found.find()) {
      const isEmptyBehind = found.start() === found.end() && end > 0 && found.start() === end
      if (isEmptyBehind) continue
      const own = replacement.replaceAll(/\\([\d\\])/g, (_, what: string) =>
        what === '\\' ? what : groupOf(found, what),
      )
      written += path.slice(end, found.start()) + own
      end = found.end()
    }
    return written + path.slice(end)
  }
}

function groupOf(found: ReturnType<RE2JS['matcher']>, number: string): string {
  return Number(number) <= found.groupCount() ? (found.group(Number(number)) ?? '') : ''
}
