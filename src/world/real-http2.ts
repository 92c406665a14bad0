import type { Http2ClientOptions, Http2ClientSession, Http2ServerOptions, Http2ServerSession } from './http2.ts'
import type { ByteSocket } from './sockets.ts'

// An import statement would load it with each start, and most never speak it.
const http2 = () => process.getBuiltinModule('node:http2')

export function acceptHttp2(socket: ByteSocket, options: Http2ServerOptions): Http2ServerSession {
  endWhole(socket)
  const { streamsMax, headersBytesMax, headersMax, windowBytes, resetsBurst, resetsPerSecond } = options
  // The library takes the connection over below the stream, and what the stream holds; it does not start a paused one.
  socket.read(0)
  return http2().performServerHandshake(socket, {
    maxHeaderListPairs: headersMax,
    streamResetBurst: resetsBurst,
    streamResetRate: resetsPerSecond,
    settings: {
      maxConcurrentStreams: streamsMax,
      maxHeaderListSize: headersBytesMax,
      initialWindowSize: windowBytes,
      enableConnectProtocol: false,
    },
  })
}

export function openHttp2(
  socket: ByteSocket,
  { scheme, windowBytes, headersMax }: Http2ClientOptions,
): Http2ClientSession {
  endWhole(socket)
  return http2().connect(`${scheme}://endpoint.invalid`, {
    createConnection: () => socket,
    maxHeaderListPairs: headersMax,
    settings: { initialWindowSize: windowBytes, enablePush: false },
  })
}

/** There are no half-open connections in HTTP/2, and the library waits for `close` to know that one is gone. */
function endWhole(socket: ByteSocket): void {
  socket.allowHalfOpen = false
}
