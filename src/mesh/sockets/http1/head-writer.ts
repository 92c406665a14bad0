import type { OutgoingHead } from '../../exchange/steps.ts'
import type { HeaderList } from '../../route/header-list.ts'
import { KNOWN_NAMES } from './known-names.ts'
import { reasonOf } from './reasons.ts'

/** How a header's line begins, after the end of the one before: made once for names that are met often. */
const STARTS: ReadonlyMap<string, string> = new Map(KNOWN_NAMES.map((name) => [name, `\r\n${name}: `]))

/** A request's head as it goes to a server, always in HTTP/1.1. */
export function requestHeadText(head: OutgoingHead, options: { readonly hasBody: boolean }): string {
  const { method, target, authority, headers } = head
  let text = `${method} ${target} HTTP/1.1\r\nhost: ${authority}`
  let isCounted = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (name === 'content-length') isCounted = true
    else if (name === 'upgrade') text += '\r\nconnection: upgrade'
    text += lineOf(name, headers[index + 1])
  }
  if (isCounted) return asBytes(`${text}\r\n\r\n`)
  if (options.hasBody) return asBytes(`${text}\r\ntransfer-encoding: chunked\r\n\r\n`)
  return asBytes(MAY_LACK_BODY.has(method) ? `${text}\r\n\r\n` : `${text}\r\ncontent-length: 0\r\n\r\n`)
}

/** Of the others a server might wait for a body, if it is not told that there is none. */
const MAY_LACK_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT', 'OPTIONS'])

export interface ResponseHeadOptions {
  readonly connection: 'keep-alive' | 'close' | 'default'
  readonly isChunked: boolean
}

/** The head of an answer as it goes to a client. */
export function responseHeadText(
  status: number,
  headers: HeaderList,
  { connection, isChunked }: ResponseHeadOptions,
): string {
  let text = `HTTP/1.1 ${status} ${reasonOf(status)}`
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    if (name === 'upgrade' && status === 101) text += '\r\nconnection: upgrade'
    text += lineOf(name, headers[index + 1])
  }
  if (isChunked) text += '\r\ntransfer-encoding: chunked'
  return asBytes(connection === 'default' ? `${text}\r\n\r\n` : `${text}\r\nconnection: ${connection}\r\n\r\n`)
}

/** The last chunk, and what follows it. */
export function lastChunkText(trailers: HeaderList): string {
  let text = '0'
  for (let index = 0; index < trailers.length; index += 2) text += lineOf(trailers[index] ?? '', trailers[index + 1])
  return asBytes(`${text}\r\n\r\n`)
}

function lineOf(name: string, value = ''): string {
  return (STARTS.get(name) ?? `\r\n${name}: `) + value
}

/**
 * What came on a wire is Latin-1, a character a byte. What configuration says may be more, and goes out as UTF-8: cut to a
 * byte, some characters would be the end of a line.
 */
function asBytes(text: string): string {
  return BEYOND_LATIN_1.test(text) ? Buffer.from(text).toString('latin1') : text
}

const BEYOND_LATIN_1 = /[\u0100-\uffff]/
