import type { ServerResponse } from 'node:http'

/** There is nothing at a path, not even a group of resources: upstream's router says so in plain text, not as a Status. */
export class PageNotFound extends Error {
  override readonly name = 'PageNotFound'

  constructor() {
    super('404 page not found')
  }
}

/** A plain answer as Go's net/http writes errors. */
export function respondPlainError(response: ServerResponse, code: number, message: string): void {
  const body = `${message}\n`
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache, private',
    'Content-Length': String(Buffer.byteLength(body)),
  })
  response.end(body)
}
