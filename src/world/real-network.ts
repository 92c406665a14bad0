import type { IncomingMessage } from 'node:http'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { checkStatus } from './answering.ts'
import type { ConnectOptions, LineConnection } from './line-connection.ts'
import type { ListenOptions, Listener, Network, RequestOptions, ResponseStream } from './network.ts'

// An import statement would look at every export, and so load fetch and WebSocket too, with each start and for nothing.
const http = process.getBuiltinModule('node:http')

/** How long a client may take to go whose wish for another protocol was answered in this one. */
const LINGER_MS = 1_000

/** The host's sockets. */
export class RealNetwork implements Network {
  async connectLines(options: ConnectOptions): Promise<LineConnection> {
    // Most never send a mail.
    const { connectLines } = await import('./real-line-connection.ts')
    return await connectLines(options)
  }

  async listen(options: ListenOptions): Promise<Listener> {
    const { tls, onRequest, onUpgrade } = options
    const server =
      tls === undefined
        ? http.createServer(onRequest)
        : createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, onRequest)
    server.keepAliveTimeout = 120_000
    server.requestTimeout = 0
    // Those that go on in another protocol, of which the server knows no longer.
    const upgraded = new Set<Socket>()
    if (onUpgrade !== undefined) {
      server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        upgraded.add(socket)
        socket.once('close', () => upgraded.delete(socket))
        // Node's server listens to its errors no longer. Whoever has the socket by then is told by its end.
        socket.on('error', () => undefined)
        const response = new http.ServerResponse(request)
        response.assignSocket(socket)
        response.once('finish', () => endAnswered(socket))
        onUpgrade(request, response, { socket, head })
      })
    }
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, options.host, () => {
        server.off('error', reject)
        // From now on it tells of connections that could not be taken, for want of descriptors; those who made them are told.
        server.on('error', () => undefined)
        resolve()
      })
    })
    return {
      port: (server.address() as AddressInfo).port,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
          for (const socket of upgraded) socket.destroy()
        }),
    }
  }

  request(options: RequestOptions): Promise<ResponseStream> {
    const { url, method, headers, body, tls, signal } = options
    const isTls = url.startsWith('https:')
    const start = isTls ? httpsRequest : http.request
    return new Promise((resolve, reject) => {
      const request = start(
        url,
        {
          method,
          // Node frames a body by itself only for some methods, and DELETE is none of them.
          headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }) },
          ...(signal === undefined ? {} : { signal }),
          ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
          ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
          ...(tls?.key === undefined ? {} : { key: tls.key }),
          ...(tls?.insecure === true ? { rejectUnauthorized: false } : {}),
        },
        (response) => {
          const flat: Record<string, string> = {}
          for (const [name, value] of Object.entries(response.headers)) {
            if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
          }
          try {
            resolve(checkStatus({ status: response.statusCode ?? 0, headers: flat, body: response }))
          } catch (error) {
            request.destroy(error as Error)
          }
        },
      )
      request.on('error', reject)
      // One that is answered by a change of protocol, which nobody asked for, ends without an error.
      request.once('close', () => reject(new Error('the connection was closed without an answer')))
      request.end(body)
    })
  }
}

/** What it has sent meanwhile is nobody's: as long as it were not read, the client's own end would not be seen. */
function endAnswered(socket: Socket): void {
  socket.end()
  socket.resume()
  socket.setTimeout(LINGER_MS, () => socket.destroy())
}
