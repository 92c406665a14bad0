import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import { ownBytes } from '../../world/read-buffer.ts'
import type { FailureKind } from '../exchange/steps.ts'
import { headerListOf, headerRecordOf, NO_HEADERS } from '../route/header-list.ts'
import { connectReason } from './connect-reason.ts'
import type { AnswerReader, ServerStream, StreamTarget, Upstreams } from './streams.ts'

/** Applications that are functions of this process, by the addresses that the cluster knows them by. */
export interface InProcessServers {
  isListening(address: { readonly ip: string; readonly port: number }): boolean
  /** Whether an address is the cluster's, whoever listens there: then nobody outside of this process is meant. */
  owns(ip: string): boolean
  /** Rejects, with a word for `how` where it knows one, when there is no connection or it broke. */
  deliver(
    address: { readonly ip: string; readonly port: number },
    request: RequestOptions,
    origin: { readonly podIp?: string },
  ): Promise<ResponseStream>
}

/** Nobody said how much of it there is: the rest of such an answer goes by chunks. */
const LENGTH = 'content-length'

/**
 * Requests go to applications in this process as calls, from `podIp`. To all others they go by `further`, and what is to be
 * encrypted, whoever is at its other end; without `further` all are calls, and whoever delivers them says what becomes of that.
 */
export function inProcessUpstreams(
  servers: InProcessServers,
  { podIp, further }: { readonly podIp: string | undefined; readonly further: Upstreams | undefined },
): Upstreams {
  const origin = podIp === undefined ? {} : { podIp }
  return {
    open(target, hasBody, reader) {
      const { address: ip, port } = target.endpoint
      const isCall = target.upstream.transport === 'plaintext' && servers.isListening({ ip, port })
      if (further !== undefined && !isCall) return further.open(target, hasBody, reader)
      const stream = new InProcessStream(target, reader, (request) => servers.deliver({ ip, port }, request, origin))
      if (!hasBody) stream.sendEnd()
      return stream
    },
  }
}

/** What an application is called with is whole: bodies are gathered first. Its answer comes as it makes it. */
class InProcessStream implements ServerStream {
  readonly #target: StreamTarget
  readonly #reader: AnswerReader
  readonly #deliver: (request: RequestOptions) => Promise<ResponseStream>
  readonly #stop = new AbortController()
  readonly #body: Buffer[] = []
  #paused: PromiseWithResolvers<void> | undefined

  constructor(
    target: StreamTarget,
    reader: AnswerReader,
    deliver: (request: RequestOptions) => Promise<ResponseStream>,
  ) {
    this.#target = target
    this.#reader = reader
    this.#deliver = deliver
  }

  sendData(bytes: Buffer): boolean {
    this.#body.push(ownBytes(bytes))
    return true
  }

  sendEnd(): void {
    void this.#call()
  }

  flush(): void {
    // An application is called with the whole request.
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers()
  }

  resume(): void {
    this.#paused?.resolve()
    this.#paused = undefined
  }

  abort(): void {
    this.#stop.abort()
    this.resume()
  }

  async #call(): Promise<void> {
    const { signal } = this.#stop
    try {
      const answer = await this.#deliver(this.#request(signal))
      if (!signal.aborted) await this.#pass(answer, signal)
    } catch (error) {
      if (!signal.aborted) this.#reader.onFailed({ ...failureOf(error), reason: connectReason(error) })
    }
  }

  #request(signal: AbortSignal): RequestOptions {
    const { head, upstream } = this.#target
    const { method, authority, target, headers } = head
    // How the client came is the request's own matter: this is how the application is called.
    const scheme = upstream.transport === 'plaintext' ? 'http' : 'https'
    return {
      url: `${scheme}://${authority}${target}`,
      method,
      headers: { ...headerRecordOf(headers), host: authority },
      ...(this.#body.length > 0 && { body: Buffer.concat(this.#body) }),
      signal,
    }
  }

  async #pass(answer: ResponseStream, signal: AbortSignal): Promise<void> {
    const { status, headers, body } = answer
    const isWhole = answer.isHeadOnly === true || hasNoBody(this.#target.head.method, answer)
    this.#reader.onAnswerHead(status, headerListOf(headers), isWhole)
    if (isWhole) return
    let hasBegun = false
    void aLittleLater().then(() => {
      // A body that takes its time does not keep its head waiting.
      if (!hasBegun && !signal.aborted) this.#reader.onAnswerPause()
    })
    for await (const bytes of body) {
      if (signal.aborted) return
      hasBegun = true
      this.#reader.onAnswerData(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
      this.#reader.onAnswerPause()
      await this.#paused?.promise
    }
    if (signal.aborted) return
    this.#reader.onAnswerEnd(answer.trailers === undefined ? NO_HEADERS : headerListOf(answer.trailers()))
  }
}

function hasNoBody(method: string, { status, headers }: ResponseStream): boolean {
  return method === 'HEAD' || headers[LENGTH] === '0' || status === 204 || status === 304
}

/** When a body that is there already has been seen. */
async function aLittleLater(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve()
}

function failureOf(error: unknown): { readonly how: FailureKind; readonly beforeRequest: boolean } {
  switch ((error as { readonly how?: unknown }).how) {
    case 'timeout':
      return { how: 'connect-timeout', beforeRequest: true }
    case 'protocol':
    case 'garbage':
      return { how: 'protocol', beforeRequest: false }
    case 'no-such-host':
    case 'no-route':
    case 'refused':
      return { how: 'connect', beforeRequest: true }
    default:
      return { how: 'closed', beforeRequest: false }
  }
}
