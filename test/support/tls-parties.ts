import { once } from 'node:events'
import type { X509Certificate } from 'node:crypto'
import { afterEach } from 'vitest'
import type { Endpoint, UpstreamOptions, UpstreamTls } from '../../src/mesh/exchange/steps.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { awaitFirstBytes } from '../../src/mesh/sockets/first-bytes.ts'
import { acceptTls, type SecuredConnection } from '../../src/mesh/sockets/tls/accept.ts'
import type { SecretTexts } from '../../src/mesh/sockets/tls/credential.ts'
import { MeshTls, type TerminatePlan } from '../../src/mesh/sockets/tls/mesh-tls.ts'
import { meshConnector } from '../../src/mesh/sockets/tls/tls-connector.ts'
import { realWorld } from '../../src/world/real-world.ts'
import type { HostSocket, SocketListener, TlsSocket } from '../../src/world/sockets.ts'

export const world = realWorld({ seed: 'mesh-tls' })
const { clock, sockets } = world
export const trust = { trustDomain: 'cluster.local' }
export const CART = { namespace: 'shop', serviceAccount: 'cart' }
export const WEB = { namespace: 'shop', serviceAccount: 'web' }
export const INBOUND: TerminatePlan = {
  kind: 'terminate',
  certificate: 'default',
  clientCertificate: 'required',
  alpn: ['istio-http/1.1', 'istio'],
}

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

interface MeshOptions {
  readonly lifetimeMs?: number
  readonly secrets?: Record<string, SecretTexts>
  readonly configMaps?: Record<string, SecretTexts>
  readonly files?: Readonly<Record<string, string>>
}

export function newMesh(options: MeshOptions = {}) {
  const { secrets = {}, configMaps = {}, files, ...rest } = options
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const identities = new Identities({ authority, trust, ...rest }, world)
  const lookup = ({ namespace, name }: { namespace: string; name: string }) => secrets[`${namespace}/${name}`]
  const tls = new MeshTls({
    sockets,
    clock,
    identities,
    secrets: lookup,
    configMaps: ({ namespace, name }) => configMaps[`${namespace}/${name}`],
    ...(files && { files: (path) => files[path] }),
  })
  return { identities, secrets, tls }
}

interface Served {
  readonly port: number
  readonly secured: SecuredConnection[]
  readonly refused: string[]
  readonly sockets: TlsSocket[]
}

/** A server that greets whoever it lets in. */
export async function serve(tls: MeshTls, plan: TerminatePlan, owner = CART): Promise<Served> {
  const served: Served & { port: number } = { port: 0, secured: [], refused: [], sockets: [] }
  const onConnection = (socket: HostSocket): void => {
    const onKnown = (first: { kind: string; hello?: { alpn: readonly string[] } }): void => {
      if (first.hello === undefined) return
      acceptTls(tls, socket, {
        plan,
        hello: first.hello,
        owner,
        onSecured(secure, connection) {
          served.secured.push(connection)
          served.sockets.push(secure)
          secure.on('error', () => undefined)
          secure.on('data', (bytes: Buffer) => secure.write(bytes))
          secure.write('namaste')
        },
        onRefused: (reason) => served.refused.push(reason),
      })
    }
    awaitFirstBytes(socket, { clock, timeoutMs: 1_000, onKnown, onGone: () => undefined })
  }
  const listener: SocketListener = await sockets.listen({ host: '127.0.0.1', port: 0, onConnection })
  open.push(listener, { close: () => served.sockets.forEach((socket) => socket.destroy()) })
  served.port = listener.port
  return served
}

const MTLS: UpstreamTls = {
  sni: 'outbound_.80_._.cart.shop.svc.cluster.local',
  alpn: ['istio-http/1.1', 'istio', 'http/1.1'],
  subjectAltNames: [],
  skipsVerification: false,
}

export function upstreamOf(transport: UpstreamOptions['transport'], tls: Partial<UpstreamTls> = {}): UpstreamOptions {
  return {
    cluster: 'outbound|80||cart.shop.svc.cluster.local',
    transport,
    protocol: 'http1',
    connectTimeoutMs: 60_000,
    requestsPerConnectionMax: 0,
    idleTimeoutMs: 0,
    tls: { ...MTLS, ...tls },
  }
}

const ENDPOINT: Endpoint = { address: '10.0.0.1', port: 80, workload: undefined }

interface Connected {
  readonly socket: TlsSocket
  readonly protocol: string | undefined
  readonly heard: string
}

type Dial = (upstream?: UpstreamOptions) => Promise<Connected | string>

/** What comes of a connection: what was heard first, or why there is none. One connector, so that sessions are kept. */
export function dialer(tls: MeshTls, { port }: { port: number }, owner = WEB): Dial {
  const connector = meshConnector(tls, { owner, locate: () => ({ host: '127.0.0.1', port }) })
  return (upstream = upstreamOf('mtls')) =>
    new Promise((resolve) => {
      connector.connect(ENDPOINT, upstream, {
        onConnected(socket, protocol) {
          open.push({ close: () => socket.destroy() })
          socket.once('data', (heard: Buffer) =>
            resolve({ socket: socket as TlsSocket, protocol, heard: heard.toString() }),
          )
          socket.once('error', (error) => resolve(error.message))
          socket.once('end', () => resolve('closed'))
        },
        onFailed: (how, reason) => resolve(`${how}: ${reason}`),
      })
    })
}

/** The certificate that a server shows to somebody new. */
export async function shownBy({ port }: { port: number }): Promise<X509Certificate | undefined> {
  const socket = sockets.connectTls({ host: '127.0.0.1', port, context: sockets.tlsContext({ authorities: [] }) })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()
  socket.destroy()
  return shown
}

export function connected(result: Connected | string): Connected {
  if (typeof result === 'string') throw new Error(result)
  return result
}
