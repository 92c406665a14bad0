import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Alertmanager } from './alertmanager.ts'

/** Bodies of alerts and silences are no larger. */
const BODY_MAX = 16 * 1024 * 1024

/** Answers one request of a listener. Rejects when the connection breaks. */
export async function serveAlertmanager(
  alertmanager: Alertmanager,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (body === undefined) {
    response.writeHead(413).end()
    return
  }
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost')
  const answer = await alertmanager.handle({ method: request.method ?? 'GET', path: pathname, query, body })
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > BODY_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
