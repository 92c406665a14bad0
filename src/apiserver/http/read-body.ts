import type { IncomingMessage } from 'node:http'
import { requestEntityTooLarge } from '../../api/errors.ts'

/** k8s.io/apiserver pkg/server/config.go MaxRequestBodyBytes */
const BODY_MAX_BYTES = 3 * 1024 * 1024

/** The whole body. 413 once it is larger than the server takes. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > BODY_MAX_BYTES) throw requestEntityTooLarge(`limit is ${BODY_MAX_BYTES}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, sizeBytes)
}
