import type { Clock, Timer } from '../../../world/clock.ts'
import type { ByteSocket } from '../../../world/sockets.ts'
import type { TcpEnded } from '../../exchange/steps.ts'

export interface JoinOptions {
  readonly client: ByteSocket
  readonly server: ByteSocket
  readonly clock: Clock
  /** After so long without a byte either way both are closed; 0: never. */
  readonly idleTimeoutMs: number
  onEnded(ended: TcpEnded): void
}

/**
 * Passes on what either socket sends to the other, until both have ended, one has broken, or neither has said anything for
 * long. An end of one direction is passed on as such, and the other goes on.
 *
 * Invariants:
 *  1. Of each direction no more is held than the receiving socket's buffer: its source is paused while that is full.
 *  2. `onEnded` is called once, and then neither socket is open.
 */
export function joinSockets({ client, server, clock, idleTimeoutMs, onEnded }: JoinOptions): void {
  let receivedBytes = 0
  let sentBytes = 0
  let isOver = false
  let lastMs = clock.now()
  let timer: Timer | undefined

  function end(how: TcpEnded['how']): void {
    if (isOver) return
    isOver = true
    timer?.cancel()
    for (const socket of [client, server]) if (!socket.destroyed) socket.destroy()
    onEnded({ how, receivedBytes, sentBytes })
  }

  /** A timer for each byte would cost more than the byte: one looks from time to time how long it has been. */
  function watch(delayMs: number): void {
    timer = clock.schedule(delayMs, () => {
      const quietMs = clock.now() - lastMs
      if (quietMs >= idleTimeoutMs) end('timeout')
      else watch(idleTimeoutMs - quietMs)
    })
  }

  function endWhenBothHave(): void {
    if (client.readableEnded && server.readableEnded && client.writableFinished && server.writableFinished)
      end('complete')
  }

  function join(from: ByteSocket, to: ByteSocket, gone: TcpEnded['how']): void {
    from.on('data', (bytes: Buffer) => {
      lastMs = clock.now()
      if (from === client) receivedBytes += bytes.length
      else sentBytes += bytes.length
      if (!to.write(bytes)) from.pause()
    })
    to.on('drain', () => from.resume())
    from.on('end', () => {
      to.end()
      endWhenBothHave()
    })
    from.on('finish', endWhenBothHave)
    from.on('error', () => end(gone))
    // One that has ended both ways closes by itself, and the other may still have bytes to send.
    from.on('close', () => (from.readableEnded && from.writableFinished ? endWhenBothHave() : end(gone)))
  }

  join(client, server, 'client-gone')
  join(server, client, 'upstream-gone')
  if (idleTimeoutMs > 0) watch(idleTimeoutMs)
  client.resume()
  server.resume()
}
