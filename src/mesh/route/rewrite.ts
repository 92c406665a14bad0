import { RE2JS } from 're2js'
import type { HttpRedirect, HttpRewrite, StringMatch } from '../config/types/virtual-service.ts'
import type { MeshRequest } from './request.ts'

/** The path that the destination sees: the part that was matched is replaced, or what an expression finds. */
export function rewrittenPath(path: string, rewrite: HttpRewrite | undefined, uri: StringMatch | undefined): string {
  const { match = '', rewrite: replacement = '' } = rewrite?.uriRegexRewrite ?? {}
  if (match !== '') return substituted(path, { match, replacement })
  if (rewrite?.uri === undefined || rewrite.uri === '') return path
  return replacedStart(path, rewrite.uri, uri)
}

/** Where a redirect leads to. A port that its scheme implies is not said: the host stays as it was called. */
export function redirectLocation(
  redirect: HttpRedirect,
  at: { readonly request: MeshRequest; readonly uri?: StringMatch | undefined; readonly port: number },
): string {
  const { request, uri, port } = at
  const scheme = redirect.scheme ?? request.scheme
  const host = redirect.authority ?? request.authority
  const query = request.query === undefined ? '' : `?${request.query}`
  return `${scheme}://${withPort(host, { scheme, port: portOf(redirect, port) })}${pathOf(redirect, request.path, uri)}${query}`
}

function pathOf(redirect: HttpRedirect, path: string, uri: StringMatch | undefined): string {
  if (redirect.prefixRewrite !== undefined) return replacedStart(path, redirect.prefixRewrite, uri)
  const target = redirect.uri ?? ''
  return target === '' ? path : target
}

function portOf({ port, derivePort }: HttpRedirect, listenPort: number): number | undefined {
  return derivePort === 'FROM_REQUEST_PORT' ? listenPort : port
}

function withPort(
  host: string,
  { scheme, port }: { readonly scheme: string; readonly port: number | undefined },
): string {
  if (port === undefined) return host
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host.replace(/:\d+$/, '')}:${port}`
}

/** Under an exact match that is the whole path, under an expression too; without a match nothing but the first slash. */
function replacedStart(path: string, start: string, uri: StringMatch | undefined): string {
  if (uri?.exact !== undefined || uri?.regex !== undefined) return start
  return start + path.slice((uri?.prefix ?? '/').length)
}

function substituted(path: string, { match, replacement }: { match: string; replacement: string }): string {
  // RE2 writes groups as \1, re2js as $1.
  const groups = replacement.replaceAll('$', '\\$').replaceAll(/\\(\d)/g, (_, group: string) => `$${group}`)
  return RE2JS.compile(match).matcher(path).replaceAll(groups)
}
