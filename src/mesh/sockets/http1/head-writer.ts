import type { OutgoingHead } from '../../exchange/steps.ts'
import type { HeaderList } from '../../route/header-list.ts'
import { reasonOf } from './reasons.ts'

/** A request's head as it goes to a server, always in HTTP/1.1. */
export function requestHeadText(head: OutgoingHead, options: { readonly hasBody: boolean }): string {
  const { method, target, authority, headers } = head
  let text = `${method} ${target} HTTP/1.1\r\nhost: ${authority}\r\n`
  let isCounted = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]
    if (name === 'content-length') isCounted = true
    else if (name === 'upgrade') text += 'connection: upgrade\r\n'
    text += `${name}: ${headers[index + 1]}\r\n`
  }
  if (isCounted) return asBytes(`${text}\r\n`)
  if (options.hasBody) return asBytes(`${text}transfer-encoding: chunked\r\n\r\n`)
  return asBytes(MAY_LACK_BODY.has(method) ? `${text}\r\n` : `${text}content-length: 0\r\n\r\n`)
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
  let text = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]
    if (name === 'upgrade' && status === 101) text += 'connection: upgrade\r\n'
    text += `${name}: ${headers[index + 1]}\r\n`
  }
  if (isChunked) text += 'transfer-encoding: chunked\r\n'
  return asBytes(connection === 'default' ? `${text}\r\n` : `${text}connection: ${connection}\r\n\r\n`)
}

/** The last chunk, and what follows it. */
export function lastChunkText(trailers: HeaderList): string {
  let text = '0\r\n'
  for (let index = 0; index < trailers.length; index += 2) text += `${trailers[index]}: ${trailers[index + 1]}\r\n`
  return asBytes(`${text}\r\n`)
}

/**
 * What came on a wire is Latin-1, a character a byte. What configuration says may be more, and goes out as UTF-8: cut to a
 * byte, some characters would be the end of a line.
 */
function asBytes(text: string): string {
  return BEYOND_LATIN_1.test(text) ? Buffer.from(text).toString('latin1') : text
}

const BEYOND_LATIN_1 = /[\u0100-\uffff]/
