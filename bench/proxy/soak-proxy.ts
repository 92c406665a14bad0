/**
 * A sidecar whose configuration changes all the time: `node soak-proxy.ts PORT CHANGE_EVERY_MS BACKEND_PORT…`. Tells its
 * parent by messages how many requests it has recorded.
 */
import { serverAddress } from './mesh-under-test.ts'
import { serveWithMesh } from './mesh-proxy.ts'

const [port, changeEveryMs, ...backendPorts] = process.argv.slice(2).map(Number)
const places = new Map(backendPorts.map((backendPort, server) => [serverAddress(server), backendPort]))
let records = 0
const mesh = await serveWithMesh({
  port: port ?? 0,
  servers: backendPorts.length,
  locate: ({ address }) => ({ host: '127.0.0.1', port: places.get(address) ?? 0 }),
  observer: { exchange: () => void records++, connection: () => undefined },
})
setInterval(() => mesh.reconfigure(), changeEveryMs)
process.on('message', () => process.send?.({ records, heapMegabytes: heapMegabytes() }))

function heapMegabytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
