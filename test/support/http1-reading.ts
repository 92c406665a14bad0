import { BodyReader } from '../../src/mesh/sockets/http1/body-reader.ts'
import { HeadCarry } from '../../src/mesh/sockets/http1/head-carry.ts'
import { HeadScanner } from '../../src/mesh/sockets/http1/head-scanner.ts'
import { readRequestHead, type RequestHead } from '../../src/mesh/sockets/http1/request-head.ts'
import { readResponseHead, type ResponseHead } from '../../src/mesh/sockets/http1/response-head.ts'

/** What a reader made of a stream of bytes. */
export interface Reading<Head> {
  readonly messages: readonly { readonly head: Head; readonly body: string; readonly trailers: readonly string[] }[]
  /** Begun, and not ended by the last byte. */
  readonly isUnfinished: boolean
  /** Its head, if that has come. */
  readonly begun: Head | undefined
  /** Where the last message ends that was read to its end. */
  readonly end: number
  readonly refused: number | undefined
}

export function readRequests(parts: readonly Buffer[]): Reading<RequestHead> {
  return readMessages(parts, 'request', (scanner, head) => readRequestHead(scanner, head, 'http'))
}

export function readResponses(parts: readonly Buffer[], method = 'GET'): Reading<ResponseHead> {
  const request = { method, asksToUpgrade: true }
  return readMessages(parts, 'response', (scanner, head) => readResponseHead(scanner, head, request) ?? 502)
}

function readMessages<Head extends RequestHead | ResponseHead>(
  parts: readonly Buffer[],
  kind: 'request' | 'response',
  headOf: (scanner: HeadScanner, head: Buffer) => Head | number,
): Reading<Head> {
  const scanner = new HeadScanner()
  const carry = new HeadCarry()
  const reader = new BodyReader(scanner)
  const messages: { head: Head; body: string; trailers: readonly string[] }[] = []
  let current: { head: Head; body: string; trailers: readonly string[] } | undefined
  let end = 0
  let before = 0
  const stopped = (refused: number): Reading<Head> => ({
    messages,
    isUnfinished: current !== undefined,
    begun: current?.head,
    end,
    refused,
  })
  const sink = {
    onBody: (bytes: Buffer) => {
      if (current !== undefined) current.body += bytes.toString('latin1')
    },
  }
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length;) {
      if (current === undefined) {
        const { scanned, bytes: headBytes } = carry.scan(scanner, bytes, at, kind)
        if (scanned === 'incomplete') break
        const head = scanned === 'complete' ? headOf(scanner, headBytes) : scanner.refusedStatus
        if (typeof head === 'number') return stopped(head)
        at = carry.consumedTo(scanner)
        reader.begin(head.framing, head.bodyBytes)
        current = { head, body: '', trailers: [] }
      } else at = reader.read(bytes, at, sink)
      if (reader.isRefused) return stopped(400)
      if (!reader.isComplete) continue
      current.trailers = reader.trailers
      messages.push(current)
      end = before + at
      const isLast = !current.head.keepsAlive
      current = undefined
      if (isLast) return { messages, isUnfinished: false, begun: undefined, end, refused: undefined }
    }
    before += bytes.length
  }
  return {
    messages,
    isUnfinished: current !== undefined || !carry.isEmpty,
    begun: current?.head,
    end,
    refused: undefined,
  }
}
