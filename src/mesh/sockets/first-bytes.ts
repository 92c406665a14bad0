import type { Clock } from '../../world/clock.ts'
import type { ByteSocket } from '../../world/sockets.ts'
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

/**
 * Waits for the first bytes of a connection, puts them back and pauses it. Where none tell in time, it is one on which the
 * server speaks first.
 */
export function awaitFirstBytes(
  socket: ByteSocket,
  options: {
    readonly clock: Clock
    /** 0: as long as it takes. */
    readonly timeoutMs: number
    onKnown(first: FirstBytes): void
    /** It ended before it had said what it is. */
    onGone(): void
  },
): void {
  const { clock, timeoutMs, onKnown, onGone } = options
  let held: Buffer[] = []
  let heldBytes = 0
  let bytesNeeded = 1
  const timer = timeoutMs > 0 ? clock.schedule(timeoutMs, () => settle({ kind: 'plain' })) : undefined

  function stop(): void {
    timer?.cancel()
    socket.off('data', onData)
    socket.off('end', onEnd)
    socket.off('error', onEnd)
    socket.off('close', onEnd)
  }

  function settle(first: FirstBytes): void {
    stop()
    socket.pause()
    if (heldBytes > 0) socket.unshift(Buffer.concat(held))
    held = []
    onKnown(first)
  }

  function onData(bytes: Buffer): void {
    held.push(bytes)
    heldBytes += bytes.length
    if (heldBytes < bytesNeeded) return
    const all = held.length === 1 ? bytes : Buffer.concat(held)
    held = [all]
    const reading = readFirstBytes(all)
    if (reading.kind === 'unknown') bytesNeeded = reading.bytesNeeded
    else settle(reading)
  }

  function onEnd(): void {
    stop()
    socket.destroy()
    onGone()
  }

  socket.on('data', onData)
  socket.once('end', onEnd)
  socket.once('error', onEnd)
  socket.once('close', onEnd)
  socket.resume()
}
