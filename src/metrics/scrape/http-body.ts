import { untilAborted } from '../../base/abort.ts'
import { gunzipSync } from 'node:zlib'
import { STATUS_TEXTS } from './status-texts.ts'
import type { ScrapeResponse } from './transport.ts'

/** A request that did not get what it asked for. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

/** A body is longer than it may be. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError'

  constructor() {
    super('body size limit exceeded')
  }
}

/** `404 Not Found`. */
export function statusText(status: number): string {
  const reason = STATUS_TEXTS[status]
  return reason === undefined ? String(status) : `${status} ${reason}`
}

/** The whole body, unpacked. Ends when the signal does, whatever the sender does. */
export async function collectBody(
  response: ScrapeResponse,
  options: { bytesMax: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const { bytesMax, signal } = options
  const chunks: Uint8Array[] = []
  let size = 0
  const iterator = response.body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const step = await untilAborted(iterator.next(), signal)
      if (step.done === true) break
      size += step.value.byteLength
      if (size > bytesMax) throw new BodyTooLargeError()
      chunks.push(step.value)
    }
  } finally {
    // Not awaited: a sender that never answers is not waited for.
    iterator.return?.().catch(() => undefined)
  }
  const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
  if (response.headers['content-encoding']?.toLowerCase() !== 'gzip') return body
  return unpack(body, bytesMax)
}

function unpack(body: Uint8Array, bytesMax: number): Uint8Array {
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax, chunkSize: chunkSizeFor(body) })
  } catch (failure) {
    if (failure instanceof RangeError) throw new BodyTooLargeError()
    throw new RequestError(failure instanceof Error ? `gzip: ${failure.message}` : String(failure), { cause: failure })
  }
}

/** How much room to make: what the last bytes say, which need not be true, but never more than can come of so few bytes. */
function chunkSizeFor(body: Uint8Array): number {
  if (body.byteLength < TRAILER_BYTES) return CHUNK_BYTES_MIN
  const said = new DataView(body.buffer, body.byteOffset + body.byteLength - 4, 4).getUint32(0, true)
  return Math.min(Math.max(said + 1, CHUNK_BYTES_MIN), body.byteLength * DEFLATE_RATIO_MAX, CHUNK_BYTES_MAX)
}

const TRAILER_BYTES = 18
const CHUNK_BYTES_MIN = 16_384
const CHUNK_BYTES_MAX = 64 * 1024 * 1024
/** No deflated text is smaller than this part of it. */
const DEFLATE_RATIO_MAX = 1_032
