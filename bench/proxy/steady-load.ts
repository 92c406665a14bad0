/**
 * A fixed rate of requests: `node steady-load.ts PORT REQUESTS_PER_SECOND SECONDS HOST_HEADER`. Requests leave when they are
 * due, whether or not earlier ones have been answered; prints how long answers took, as JSON.
 */
import { connect, type Socket } from 'node:net'

const [port = '', rate = '1000', seconds = '5', hostHeader = 'localhost'] = process.argv.slice(2)
const CONNECTIONS = 20
/** How long after the last request its answer may come, on a machine that is busy. */
const LATE_MS_MAX = 5_000
const HEAD = `GET /index.html HTTP/1.1\r\nHost: ${hostHeader}\r\nx-user-region: mumbai\r\naccept: */*\r\nuser-agent: bench\r\n\r\n`

const took: number[] = []
const free: Client[] = []
let failures = 0

interface Client {
  readonly socket: Socket
  sentMs: number
}

function open(): Client {
  const client: Client = { socket: connect({ port: Number(port), host: '127.0.0.1', noDelay: true }), sentMs: 0 }
  let missing = 0
  client.socket.on('data', (bytes: Buffer) => {
    if (missing === 0) {
      const text = bytes.toString('latin1')
      const head = text.indexOf('\r\n\r\n') + 4
      if (!text.startsWith('HTTP/1.1 200')) failures++
      missing = head + Number(/content-length: (\d+)/i.exec(text)?.[1])
    }
    missing -= bytes.length
    if (missing > 0) return
    missing = 0
    took.push(performance.now() - client.sentMs)
    free.push(client)
  })
  client.socket.on('error', () => failures++)
  return client
}

for (let count = 0; count < CONNECTIONS; count++) free.push(open())
const beganMs = performance.now()
let sent = 0
const timer = setInterval(() => {
  const now = performance.now()
  const due = Math.floor(Math.min((now - beganMs) / 1_000, Number(seconds)) * Number(rate))
  for (; sent < due; sent++) {
    const client = free.shift() ?? open()
    client.sentMs = now
    client.socket.write(HEAD, 'latin1')
  }
  if (now - beganMs < Number(seconds) * 1_000) return
  if (took.length < sent && now - beganMs < Number(seconds) * 1_000 + LATE_MS_MAX) return
  clearInterval(timer)
  finish()
}, 1)

function finish(): void {
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
  console.log(JSON.stringify({ sent, answered: took.length, failures, p50Ms: at(0.5), p99Ms: at(0.99) }))
  process.exit(0)
}
