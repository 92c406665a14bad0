import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../../base/message-of.ts'
import type { Clock, Timer } from '../../world/clock.ts'
import type { OpenedStream } from './spdy-session.ts'

/** Connects to a port of the pod that is forwarded to. Rejects with the reason when nobody listens there. */
export type DialPort = (port: number) => Promise<Duplex>

/** Told of a port that cannot be reached, in the words of the kubelet (pkg/kubelet portforward/httpstream.go). */
export type ForwardFailure = (port: number, why: string) => string

/** How long the one stream of a pair waits for the other (kubernetes/kubelet pkg/cri/streaming/remotecommand/constants.go). */
const PAIR_MS = 30_000

interface Pair {
  readonly timer: Timer
  data?: Duplex
  error?: Duplex
}

/** Pairs the streams of one request, one for its bytes and one for what goes wrong, and forwards them. */
export class PortStreams {
  readonly #dial: DialPort
  readonly #failure: ForwardFailure
  readonly #clock: Pick<Clock, 'schedule'>
  readonly #pairs = new Map<string, Pair>()

  constructor(dial: DialPort, failure: ForwardFailure, clock: Pick<Clock, 'schedule'>) {
    this.#dial = dial
    this.#failure = failure
    this.#clock = clock
  }

  /** False when the stream's headers say nothing that can be done. */
  accept({ headers, stream }: OpenedStream): boolean {
    const port = Number(headers.get('port'))
    const type = headers.get('streamtype')
    if (!isPort(port) || (type !== 'data' && type !== 'error')) return false
    // The stream for errors comes first, and its client says nothing on it.
    const id = headers.get('requestid') ?? ''
    const pair = this.#pairs.get(id) ?? this.#begin(id)
    if (pair[type] !== undefined) return false
    pair[type] = stream
    stream.once('close', () => this.#end(id, pair))
    const { data, error } = pair
    if (data === undefined || error === undefined) return true
    this.#end(id, pair)
    error.resume()
    void forward({ data, error, port }, this.#dial, this.#failure)
    return true
  }

  #begin(id: string): Pair {
    const pair: Pair = { timer: this.#clock.schedule(PAIR_MS, () => this.#giveUp(id, pair)) }
    this.#pairs.set(id, pair)
    return pair
  }

  #end(id: string, pair: Pair): void {
    if (this.#pairs.get(id) !== pair) return
    pair.timer.cancel()
    this.#pairs.delete(id)
  }

  /** What the client has sent meanwhile would hold up its other streams for ever. */
  #giveUp(id: string, pair: Pair): void {
    this.#end(id, pair)
    pair.error?.resume().end(`(request=${id}) timed out waiting for streams`)
    pair.data?.destroy()
  }
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536
}

/** Joins a stream with a port of the pod until both sides are done; what goes wrong at the beginning is told. */
export async function forward(
  { data, error, port }: { readonly data: Duplex; readonly error: Duplex; readonly port: number },
  dial: DialPort,
  failure: ForwardFailure,
): Promise<void> {
  let connection: Duplex
  try {
    connection = await dial(port)
  } catch (reason) {
    error.end(failure(port, messageOf(reason)))
    data.end()
    data.resume()
    return
  }
  await Promise.allSettled([pipeline(data, connection), pipeline(connection, data)])
  error.end()
}
