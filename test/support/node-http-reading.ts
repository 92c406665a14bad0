import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import { duplexPair } from 'node:stream'

/** A message as Node's own parser reads it. */
export interface NodeMessage {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly status: number | undefined
  readonly rawHeaders: readonly string[]
  readonly body: string
  readonly rawTrailers: readonly string[]
}

/** What Node makes of a stream of requests: the messages that it read to their end before it refused or the bytes ended. */
export async function readRequestsWithNode(bytes: Buffer): Promise<readonly NodeMessage[]> {
  const messages: NodeMessage[] = []
  const server = serverFor(messages)
  const [client, side] = duplexPair()
  side.on('error', () => undefined)
  client.on('error', () => undefined)
  client.resume()
  server.emit('connection', side)
  client.end(bytes)
  await settled()
  side.destroy()
  client.destroy()
  return messages
}

function serverFor(messages: NodeMessage[]): Server {
  const server = createServer({ maxHeaderSize: 128 * 1_024, keepAlive: true }, (request, response) => {
    collect(request, (message) => {
      messages.push(message)
      response.end()
    })
  })
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** The first answer, as Node's client reads it; undefined where it refuses it or waits for more. */
export async function readResponseWithNode(bytes: Buffer, method: string): Promise<NodeMessage | undefined> {
  const [client, side] = duplexPair()
  side.on('error', () => undefined)
  side.resume()
  let read: NodeMessage | undefined
  const request = httpRequest({ method, createConnection: () => client, maxHeaderSize: 128 * 1_024 })
  request.on('error', () => undefined)
  request.on('response', (response) => collect(response, (message) => (read = message)))
  request.end()
  await settled()
  side.end(bytes)
  await settled()
  side.destroy()
  client.destroy()
  return read
}

function collect(incoming: IncomingMessage, done: (message: NodeMessage) => void): void {
  let body = ''
  incoming.on('error', () => undefined)
  incoming.on('data', (bytes: Buffer) => (body += bytes.toString('latin1')))
  incoming.on('end', () => {
    const { method, url, statusCode: status, rawHeaders, rawTrailers, complete } = incoming
    if (complete) done({ method, url, status, rawHeaders, body, rawTrailers })
  })
}

/** Streams in memory move on in turns of the event loop; a handful is more than these need. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}
