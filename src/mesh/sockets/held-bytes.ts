import type { Clock } from '../../world/clock.ts'
import type { ByteSocket } from '../../world/sockets.ts'

export interface HeldBytesOptions<T> {
  readonly clock: Clock
  /** 0: as long as it takes. */
  readonly timeoutMs: number
  /** What all bytes up to now say, and how many of them it takes; or how many must be there before they say anything. */
  read(bytes: Buffer): { readonly reading: T; readonly takenBytes: number } | number
  onKnown(reading: T): void
  onTimeout(): void
  /** It ended before it had said what it is; it is closed. */
  onGone(): void
}

/**
 * Holds the first bytes of a connection until they say something, puts back those that are not taken, and pauses it. The
 * reader bounds what is held: it must say something after some time.
 */
export function holdBytes<T>(socket: ByteSocket, options: HeldBytesOptions<T>): void {
  const { clock, timeoutMs, read, onKnown, onTimeout, onGone } = options
  let held: Buffer = Buffer.alloc(0)
  let parts: Buffer[] = []
  let partsBytes = 0
  let bytesNeeded = 1
  const timer = timeoutMs > 0 ? clock.schedule(timeoutMs, giveUp) : undefined

  function stop(takenBytes: number): void {
    timer?.cancel()
    socket.off('data', onData)
    socket.off('end', onEnd)
    socket.off('error', onEnd)
    socket.off('close', onEnd)
    socket.pause()
    const rest = Buffer.concat([held, ...parts]).subarray(takenBytes)
    if (rest.length > 0) socket.unshift(rest)
  }

  function giveUp(): void {
    stop(0)
    onTimeout()
  }

  function onData(bytes: Buffer): void {
    parts.push(bytes)
    partsBytes += bytes.length
    if (held.length + partsBytes < bytesNeeded) return
    held = held.length === 0 && parts.length === 1 ? bytes : Buffer.concat([held, ...parts])
    parts = []
    partsBytes = 0
    const known = read(held)
    if (typeof known === 'number') {
      bytesNeeded = known
      return
    }
    stop(known.takenBytes)
    onKnown(known.reading)
  }

  function onEnd(): void {
    held = Buffer.alloc(0)
    parts = []
    stop(0)
    socket.destroy()
    onGone()
  }

  socket.on('data', onData)
  socket.once('end', onEnd)
  socket.once('error', onEnd)
  socket.once('close', onEnd)
  socket.resume()
}
