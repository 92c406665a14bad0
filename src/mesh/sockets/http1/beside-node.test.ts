import { assert, asyncProperty, constantFrom, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRequests, readResponses } from '../../../../test/support/http1-reading.ts'
import { requestStream, responseStream } from '../../../../test/support/http1-samples.ts'
import {
  type NodeMessage,
  readRequestsWithNode,
  readResponseWithNode,
} from '../../../../test/support/node-http-reading.ts'

/** Raised by hand for longer searches. */
const RUNS = Number(process.env['DABBA_FUZZ_RUNS'] ?? 400)

/** What is about the connection alone is not among the headers that are passed on. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

function passedOn(rawHeaders: readonly string[]): readonly string[] {
  const headers: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    if (!LEFT_OUT.has(name)) headers.push(name, rawHeaders[index + 1] ?? '')
  }
  return headers
}

/** Node hands out a target as it was sent; of a whole URL, the path alone is passed on. */
function targetOf({ method, url = '' }: NodeMessage): string {
  if (method === 'CONNECT') return ''
  const path = url.replace(/^https?:\/\/[^/?]*/i, '')
  return path.startsWith('/') || path === '*' ? path : `/${path}`
}

describe('beside the parser of Node', () => {
  test('every request that is taken is the same to it', async () => {
    let taken = 0
    await assert(
      asyncProperty(requestStream(), async (bytes) => {
        const { messages, end } = readRequests([bytes])
        taken += messages.length
        if (messages.length === 0) return
        // What comes after CONNECT is no HTTP to Node; the driver refuses it.
        if (messages.some(({ head }) => head.request.method === 'CONNECT')) return
        const theirs = await readRequestsWithNode(bytes.subarray(0, end))
        expect(theirs).toHaveLength(messages.length)
        for (const [index, { head, body, trailers }] of messages.entries()) {
          const their = theirs[index] as NodeMessage
          expect({ method: head.request.method, target: head.request.target, body }).toEqual({
            method: their.method,
            target: targetOf(their),
            body: their.body,
          })
          expect(head.request.headers).toEqual(passedOn(their.rawHeaders))
          expect(trailers).toEqual(passedOn(their.rawTrailers))
        }
      }),
      { numRuns: RUNS },
    )
    // The property says nothing where all is refused.
    expect(taken).toBeGreaterThan(RUNS / 4)
  })

  test('every answer that is taken is the same to it', async () => {
    let taken = 0
    await assert(
      asyncProperty(responseStream(), constantFrom('GET', 'HEAD'), async (bytes, method) => {
        const { messages, end } = readResponses([bytes], method)
        const [first] = messages
        if (first === undefined || messages.length > 1 || first.head.status < 200) return
        taken++
        const their = await readResponseWithNode(bytes.subarray(0, end), method)
        if (their === undefined) throw new Error('Node does not take it')
        expect({ status: first.head.status, body: first.body }).toEqual({ status: their.status, body: their.body })
        expect(first.head.headers).toEqual(passedOn(their.rawHeaders))
        expect(first.trailers).toEqual(passedOn(their.rawTrailers))
      }),
      { numRuns: RUNS },
    )
    expect(taken).toBeGreaterThan(RUNS / 8)
  })
})

describe('bytes in parts', () => {
  test('requests that are cut between any two bytes are the same', () => {
    assert(
      property(requestStream(), (bytes) => {
        const whole = readRequests([bytes])
        for (let at = 1; at < bytes.length; at++) {
          expect(readRequests([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
        }
        expect(readRequests(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole)
      }),
      { numRuns: RUNS / 4 },
    )
  })

  test('answers that are cut between any two bytes are the same', () => {
    assert(
      property(responseStream(), (bytes) => {
        const whole = readResponses([bytes])
        for (let at = 1; at < bytes.length; at++) {
          expect(readResponses([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole)
        }
        expect(readResponses(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole)
      }),
      { numRuns: RUNS / 4 },
    )
  })
})
