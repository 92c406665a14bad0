/**
 * A sidecar whose configuration changes all the time, or the sidecars of both sides with mutual TLS between them:
 * `node soak-proxy.ts plain|mtls PORT CHANGE_EVERY_MS BACKEND_PORT…`. Tells its parent by messages how many requests it has
 * recorded.
 */
import { freePort } from './machine.ts'
import { serverAddress } from './mesh-under-test.ts'
import { serveWithMesh } from './mesh-proxy.ts'
import { serveTwoSidecars } from './two-sidecars.ts'

/** Tunnels are replaced so often, under load. */
const CREDENTIAL_LIFETIME_MS = 5_000

const [way, ...numbers] = process.argv.slice(2)
const [port = 0, changeEveryMs, ...backendPorts] = numbers.map(Number)
let records = 0
const observer = { exchange: () => void records++, connection: () => undefined }
const mesh = way === 'mtls' ? await startTwoSidecars() : await startSidecar()
setInterval(() => mesh.reconfigure(), changeEveryMs)
process.on('message', () => process.send?.({ records, heapMegabytes: heapMegabytes() }))

function heapMegabytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function startSidecar(): ReturnType<typeof serveWithMesh> {
  const places = new Map(backendPorts.map((backendPort, server) => [serverAddress(server), backendPort]))
  return serveWithMesh({
    port,
    servers: backendPorts.length,
    locate: ({ address }) => ({ host: '127.0.0.1', port: places.get(address) ?? 0 }),
    observer,
  })
}

async function startTwoSidecars(): ReturnType<typeof serveTwoSidecars> {
  const servers = await Promise.all(
    backendPorts.map(async (backendPort) => ({ inboundPort: await freePort(), backendPort })),
  )
  return serveTwoSidecars({ port, servers, observer, credentialLifetimeMs: CREDENTIAL_LIFETIME_MS })
}
