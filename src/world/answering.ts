import type { ResponseStream } from './network.ts'

/** A request as it reaches a server: only its head has been read, or all of it where that is small enough. */
export interface ServerRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The address it comes from, where that is known. */
  readonly from?: string
  /** All that was sent after the head; absent where nobody has gathered it. */
  readonly body?: Uint8Array
  /** Aborts when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

/**
 * Answers as servers do: in their own time, piece by piece, and not always to the end. Rejects with a `BrokenConnection`
 * where there is to be no answer, and with the signal's reason once that aborts.
 */
export type Serve = (request: ServerRequest) => Promise<ResponseStream>

/** What a server sends that speaks something else. */
export const GARBAGE = Uint8Array.of(0x00, 0xff, 0x13, 0x37, 0x0a)

/** The server answers by breaking the connection off, or with what is no HTTP. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection'
  readonly how: 'reset' | 'garbage'

  constructor(how: 'reset' | 'garbage') {
    super(how === 'reset' ? 'connection reset by peer' : String.raw`malformed HTTP response "\x00\xff\x137"`)
    this.how = how
  }
}

/** An answer whose status HTTP does not know: nobody can pass it on. Said in the words of Go's net/http. */
export class MalformedStatus extends Error {
  override readonly name = 'MalformedStatus'
  readonly how = 'protocol'

  constructor(status: number) {
    const shown = String(status).padStart(3, '0')
    super(`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "${shown}"`)
  }
}

/** Throws a `MalformedStatus` where that of an answer has no three digits, or is of what comes before an answer. */
export function checkStatus(answer: ResponseStream): ResponseStream {
  const { status } = answer
  if (!Number.isInteger(status) || status < 200 || status > 999) throw new MalformedStatus(status)
  return answer
}
