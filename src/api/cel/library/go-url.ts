/** A URL as Go's net/url reads it, which is laxer than the URL that browsers and Node know. */
export interface GoUrl {
  /** In lower case; empty when there is none. */
  readonly scheme: string
  /** With brackets and port, as written. */
  readonly host: string
  /** Decoded. */
  readonly path: string
  /** As it stands in a request. */
  readonly escapedPath: string
  readonly query: string
  /** Everything but what was normalized away: for comparing. */
  readonly text: string
}

export class UrlError extends Error {
  override readonly name = 'UrlError'
}

/** Go's `url.ParseRequestURI`: an absolute URI or an absolute path. Throws a UrlError in Go's words. */
export function parseRequestUri(raw: string): GoUrl {
  return explained(raw, () => parse(raw, true))
}

/** Go's `url.Parse`. */
export function parseUrl(raw: string): GoUrl {
  return explained(raw, () => parse(raw.split('#')[0] ?? '', false))
}

export function isRequestUri(raw: string): boolean {
  try {
    parseRequestUri(raw)
    return true
  } catch (failure) {
    if (failure instanceof UrlError) return false
    throw failure
  }
}

export function hostnameOf({ host }: GoUrl): string {
  if (host.startsWith('[')) return host.slice(1, host.lastIndexOf(']'))
  const colon = host.lastIndexOf(':')
  return colon < 0 ? host : host.slice(0, colon)
}

export function portOf({ host }: GoUrl): string {
  const colon = host.lastIndexOf(':')
  return colon < 0 || colon < host.lastIndexOf(']') ? '' : host.slice(colon + 1)
}

/** Names and their values in order; pairs that cannot be read are left out. */
export function queryOf({ query }: GoUrl): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const [name = '', ...rest] = pair.split('=')
    const key = unescapeQuery(name)
    const value = unescapeQuery(rest.join('='))
    if (key === undefined || value === undefined) continue
    const known = values.get(key)
    if (known === undefined) values.set(key, [value])
    else known.push(value)
  }
  return values
}

function unescapeQuery(text: string): string | undefined {
  try {
    return unescape(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function explained(raw: string, attempt: () => GoUrl): GoUrl {
  try {
    return attempt()
  } catch (failure) {
    if (!(failure instanceof UrlError)) throw failure
    throw new UrlError(`parse ${JSON.stringify(raw)}: ${failure.message}`)
  }
}

function parse(raw: string, isRequest: boolean): GoUrl {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(raw)) throw new UrlError('net/url: invalid control character in URL')
  if (raw === '' && isRequest) throw new UrlError('empty url')
  const { scheme, rest: behindScheme } = splitScheme(raw)
  const mark = behindScheme.indexOf('?')
  const query = mark < 0 ? '' : behindScheme.slice(mark + 1)
  let rest = mark < 0 ? behindScheme : behindScheme.slice(0, mark)
  let host = ''
  const parts = { scheme, query, text: raw }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...parts, host, path: '', escapedPath: '' }
    if (isRequest) throw new UrlError('invalid URI for request')
    if ((rest.split('/')[0] ?? '').includes(':')) throw new UrlError('first path segment in URL cannot contain colon')
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || (!isRequest && !rest.startsWith('///')))
  if (hasAuthority) {
    const slash = rest.indexOf('/', 2)
    host = hostOf(slash < 0 ? rest.slice(2) : rest.slice(2, slash))
    rest = slash < 0 ? '' : rest.slice(slash)
  }
  const path = unescape(rest)
  return { ...parts, host, path, escapedPath: isEncoded(rest) ? rest : escapePath(path) }
}

function splitScheme(raw: string): { scheme: string; rest: string } {
  if (raw.startsWith(':')) throw new UrlError('missing protocol scheme')
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):([^]*)$/.exec(raw)
  return match === null ? { scheme: '', rest: raw } : { scheme: (match[1] ?? '').toLowerCase(), rest: match[2] ?? '' }
}

function hostOf(authority: string): string {
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new UrlError('net/url: invalid userinfo')
  const host = authority.slice(at + 1)
  if (host.startsWith('[') && !host.includes(']')) throw new UrlError("missing ']' in host")
  const colon = host.startsWith('[') ? host.lastIndexOf(']') + 1 : host.lastIndexOf(':')
  const port = colon < 0 ? '' : host.slice(colon)
  if (!/^(:\d*)?$/.test(port)) throw new UrlError(`invalid port ${JSON.stringify(port)} after host`)
  const illegal = /[ "#%/?@\\^`{|}]/.exec(host.replace(/%[89A-Fa-f][0-9A-Fa-f]/g, ''))
  if (illegal !== null) throw new UrlError(`invalid character ${JSON.stringify(illegal[0])} in host name`)
  return unescape(host)
}

/** Percent signs must stand before two hexadecimal digits. */
function unescape(text: string): string {
  const malformed = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text)
  if (malformed !== null) throw new UrlError(`invalid URL escape ${JSON.stringify(malformed[0])}`)
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

function isEncoded(path: string): boolean {
  return /^[A-Za-z0-9\-_.~!$&'()*+,;=:@[\]%/]*$/.test(path)
}

function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/gu, (character) =>
    Array.from(Buffer.from(character, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    ),
  )
}
