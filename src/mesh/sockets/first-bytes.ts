import type { ByteSocket } from '../../world/sockets.ts'
import { holdBytes, type HeldBytesOptions } from './held-bytes.ts'
import { type ClientHello, HELLO_BYTES_MAX, looksLikeTls, readClientHello } from './tls/client-hello.ts'

/** What a connection speaks, by its first bytes. */
export type FirstBytes =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  /** `alpn` is what TLS would have called it; absent: no HTTP. */
  | { readonly kind: 'plain'; readonly alpn?: 'http/1.0' | 'http/1.1' | 'h2c' }

/** RFC 9113, section 3.4: how every client of HTTP/2 begins. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** Longer request lines are no reason to wait: what they begin is taken for bytes. */
const LINE_BYTES_MAX = 16 * 1024
const METHOD_BYTES_MAX = 32
const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} \S+ HTTP\/1\.([01])\r?$/

export type FirstBytesReading = FirstBytes | { readonly kind: 'unknown'; readonly bytesNeeded: number }

/** `unknown`: so many bytes must be there before anything can be said. */
export function readFirstBytes(bytes: Buffer): FirstBytesReading {
  if (bytes.length === 0) return { kind: 'unknown', bytesNeeded: 1 }
  if (looksLikeTls(bytes)) return readTls(bytes)
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, PREFACE.length))
  if (PREFACE.startsWith(start)) {
    if (start.length === PREFACE.length) return { kind: 'plain', alpn: 'h2c' }
    return { kind: 'unknown', bytesNeeded: PREFACE.length }
  }
  return readLine(bytes)
}

/** What begins like TLS and is none is passed on as bytes: whoever it is for may know better. */
function readTls(bytes: Buffer): FirstBytesReading {
  const reading = readClientHello(bytes)
  if (reading.kind === 'hello') return { kind: 'tls', hello: reading.hello }
  if (reading.kind === 'invalid' || reading.bytesNeeded > HELLO_BYTES_MAX) return { kind: 'plain' }
  return { kind: 'unknown', bytesNeeded: reading.bytesNeeded }
}

function readLine(bytes: Buffer): FirstBytesReading {
  const end = bytes.indexOf(0x0a)
  if (end >= 0) {
    const version = LINE.exec(bytes.toString('latin1', 0, Math.min(end, LINE_BYTES_MAX)))?.[1]
    return version === undefined
      ? { kind: 'plain' }
      : { kind: 'plain', alpn: version === '1' ? 'http/1.1' : 'http/1.0' }
  }
  const space = bytes.indexOf(0x20)
  const method = bytes.toString('latin1', 0, space < 0 ? bytes.length : space)
  const isToken = method.length <= METHOD_BYTES_MAX && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/.test(method)
  if (!isToken || space === 0 || bytes.length >= LINE_BYTES_MAX) return { kind: 'plain' }
  return { kind: 'unknown', bytesNeeded: bytes.length + 1 }
}

/** Waits until the first bytes of a connection tell what it speaks, puts them back and pauses it. */
export function awaitFirstBytes(
  socket: ByteSocket,
  options: Pick<HeldBytesOptions<FirstBytes>, 'clock' | 'timeoutMs' | 'onKnown' | 'onGone'>,
): void {
  holdBytes(socket, {
    ...options,
    read: (bytes) => {
      const reading = readFirstBytes(bytes)
      return reading.kind === 'unknown' ? reading.bytesNeeded : { reading, takenBytes: 0 }
    },
    // Where none come in time, it is a connection on which the server speaks first.
    onTimeout: () => options.onKnown({ kind: 'plain' }),
  })
}
