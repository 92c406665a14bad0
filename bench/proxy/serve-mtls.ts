/** Two sidecars in one process, with mutual TLS between them: `node serve-mtls.ts PORT INBOUND_PORT BACKEND_PORT`. */
import { serveTwoSidecars } from './two-sidecars.ts'

const [port = 0, inboundPort = 0, backendPort = 0] = process.argv.slice(2).map(Number)
let records = 0
await serveTwoSidecars({
  port,
  servers: [{ inboundPort, backendPort }],
  observer: { exchange: () => void records++, connection: () => undefined },
})
