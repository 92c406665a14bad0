import type { AnyHttp2Stream } from '../../../world/http2.ts'
import type { OutgoingHead } from '../../exchange/steps.ts'
import { type HeaderList, headerValue } from '../../route/header-list.ts'
import { ERROR_CODE } from './protocol.ts'

/** RFC 9113, section 8.2.2: what is about a connection of HTTP/1 has no place here. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** What a message of HTTP/2 says before its headers, and those that are passed on. */
export interface ReadFields {
  readonly pseudo: Readonly<Partial<Record<PseudoName, string>>>
  readonly headers: HeaderList
  readonly host: string | undefined
}

type PseudoName = ':method' | ':scheme' | ':authority' | ':path' | ':status'

/** Names and values by turns, as they came. Pieces of a cookie are joined (RFC 9113, section 8.2.3). */
export function readFields(raw: readonly string[]): ReadFields {
  const pseudo: Partial<Record<PseudoName, string>> = {}
  const headers: string[] = []
  let host: string | undefined
  let cookieAt = -1
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    if (name.charCodeAt(0) === COLON) pseudo[name as PseudoName] = value
    else if (name === 'host') host = value
    else if (name === 'cookie' && cookieAt >= 0) headers[cookieAt] = `${headers[cookieAt]}; ${value}`
    else {
      if (name === 'cookie') cookieAt = headers.length + 1
      headers.push(name, value)
    }
  }
  return { pseudo, headers, host }
}

const COLON = ':'.charCodeAt(0)

export function requestFields({ method, scheme, authority, target, headers }: OutgoingHead): string[] {
  const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', target]
  return appendHeaders(fields, headers)
}

/** The protocol that a request of HTTP/1.1 asks to go on in. */
export function upgradeOf({ headers }: OutgoingHead): string | undefined {
  return headerValue(headers, 'upgrade')
}

/** RFC 8441, section 4: how the same is asked for here. */
export function connectFields({ scheme, authority, target, headers }: OutgoingHead, protocol: string): string[] {
  const fields = [':method', 'CONNECT', ':protocol', protocol]
  fields.push(':scheme', scheme, ':authority', authority, ':path', target)
  return appendHeaders(fields, headers)
}

export function responseFields(status: number, headers: HeaderList): string[] {
  return appendHeaders([':status', String(status)], headers)
}

function appendHeaders(fields: string[], headers: HeaderList): string[] {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (isCarried(name, value)) fields.push(name, value)
  }
  return fields
}

function isCarried(name: string, value: string): boolean {
  return !CONNECTION_SPECIFIC.has(name) && (name !== 'te' || value === 'trailers')
}

/** As the library takes what comes before and after an answer: values of one name together. */
export function fieldRecord(headers: HeaderList): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = {}
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    if (!isCarried(name, value)) continue
    const known = record[name]
    record[name] = known === undefined ? value : [...(typeof known === 'string' ? [known] : known), value]
  }
  return record
}

/** Where trailers cannot be said in HTTP/2 the stream is reset: without them it would look whole. */
export function sendTrailers(stream: AnyHttp2Stream, trailers: HeaderList): void {
  try {
    stream.sendTrailers(fieldRecord(trailers))
  } catch {
    stream.close(ERROR_CODE.internal)
  }
}
