import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { badRequest } from '../../api/errors.ts'
import type { Pod } from '../../api/types.generated.ts'
import type { Clock } from '../../world/clock.ts'
import type { Connection } from '../../world/network.ts'
import { acceptWebSocket } from '../http/accept-websocket.ts'
import { CHANNEL_PROTOCOL, serveChannels } from './channel-session.ts'
import { isPort, PortStreams } from './port-streams.ts'
import { SpdySession } from './spdy-session.ts'

/** Connects to a port of a pod, as from inside of it; whoever runs the cluster's network fills this port. */
export type PodDialer = (to: { readonly ip: string; readonly port: number }) => Promise<Duplex>

/** SPDY inside of a WebSocket: what kubectl speaks (k8s.io/apimachinery pkg/util/portforward). */
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io'
const SPDY = 'SPDY/3.1'
const SWITCHED_TO_SPDY = [
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  `Upgrade: ${SPDY}`,
  'X-Stream-Protocol-Version: portforward.k8s.io',
  '\r\n',
].join('\r\n')

/** How a client asked for ports: by WebSocket, or by SPDY itself, as clients did before. */
export type PortForwardUpgrade = 'websocket' | 'spdy'

export function portForwardUpgrade({ headers }: IncomingMessage): PortForwardUpgrade | undefined {
  const wanted = headers.upgrade?.toLowerCase()
  if (wanted === 'websocket') return 'websocket'
  return wanted === SPDY.toLowerCase() ? 'spdy' : undefined
}

/** What is asked for, and the pod it is asked of. */
export interface ForwardRequest {
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  readonly pod: Pod
}

/** …/portforward of pods: a client's connections go on at ports of the pod. */
export class PortForward {
  readonly #dialer: PodDialer
  readonly #clock: Pick<Clock, 'schedule'>
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) =>
      [TUNNEL_PROTOCOL, CHANNEL_PROTOCOL].find((protocol) => offered.has(protocol)) ?? false,
  })

  constructor(dialer: PodDialer, clock: Pick<Clock, 'schedule'>) {
    this.#dialer = dialer
    this.#clock = clock
  }

  /** What takes the client's connection over, until it ends. Throws when the pod cannot be forwarded to. */
  plan(upgrade: PortForwardUpgrade, asked: ForwardRequest): (connection: Connection) => Promise<void> {
    const { request, query } = asked
    const { ip, failure } = targetOf(asked.pod)
    const dial = (port: number): Promise<Duplex> => this.#dialer({ ip, port })
    const streams = new PortStreams(dial, failure, this.#clock)
    const runSpdy = (bytes: Duplex): Promise<void> => new SpdySession(bytes, (opened) => streams.accept(opened)).run()
    if (upgrade === 'spdy') {
      return async ({ socket, head }) => {
        socket.write(SWITCHED_TO_SPDY)
        if (head.length > 0) socket.unshift(head)
        await runSpdy(socket)
      }
    }
    if (offeredProtocols(request).includes(TUNNEL_PROTOCOL)) {
      return async (connection) => await runSpdy(createWebSocketStream(await this.#accept(request, connection)))
    }
    const ports = portsOf(query)
    return async (connection) => await serveChannels(await this.#accept(request, connection), ports, { dial, failure })
  }

  #accept(request: IncomingMessage, connection: Connection): Promise<WebSocket> {
    return acceptWebSocket(this.#webSockets, request, connection)
  }
}

function targetOf({ metadata, spec, status }: Pod): { ip: string; failure: (port: number, why: string) => string } {
  const { name, uid = '' } = metadata
  if ((spec.nodeName ?? '') === '') throw badRequest(`pod ${name} does not have a host assigned`)
  const ip = status?.podIP ?? ''
  if (ip === '' || status?.phase !== 'Running') throw badRequest(`pod ${name} is not running`)
  return { ip, failure: (port, why) => `error forwarding port ${port} to pod ${name}, uid ${uid}: ${why}` }
}

function offeredProtocols({ headers }: IncomingMessage): readonly string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
}

/** `ports=80&ports=443`, or `ports=80,443` (pkg/kubelet portforward/websocket.go). */
function portsOf(query: URLSearchParams): readonly number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','))
  if (texts.length === 0) throw badRequest('query parameter "ports" is required')
  return texts.map((text) => {
    const port = Number(text)
    if (!isPort(port)) throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`)
    return port
  })
}
