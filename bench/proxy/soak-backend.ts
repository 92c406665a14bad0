/**
 * A server that says back what it was sent, and does not always: `node soak-backend.ts PORT`. It resets, cuts answers off,
 * sends garbage, is slow or unwell, each for a small share of requests.
 */
import { createServer } from 'node:http'

const [port] = process.argv.slice(2).map(Number)

const server = createServer((request, response) => {
  const nonce = String(request.headers['x-nonce'])
  const die = Math.random()
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('error', () => undefined)
  request.on('end', () => {
    const sent = Buffer.concat(parts).toString()
    if (die < 0.003) request.socket.resetAndDestroy()
    else if (die < 0.005) request.socket.end('no HTTP at all\r\n\r\n')
    else if (die < 0.008) {
      response.writeHead(200, { 'content-length': '100000', 'x-nonce': nonce })
      response.write(nonce)
      setTimeout(() => request.socket.destroy(), 2)
    } else if (die < 0.012) response.writeHead(503, { 'x-nonce': nonce }).end('unwell')
    else if (die < 0.02) setTimeout(() => answer(), 40)
    else answer()

    function answer(): void {
      const body = `${nonce}|${sent.length}|${nonce.repeat(die < 0.05 ? 4_000 : 3)}`
      // Half of the answers are chunked.
      if (die < 0.5) {
        response.writeHead(200, { 'x-nonce': nonce })
        response.write(body.slice(0, 10))
        response.end(body.slice(10))
      } else response.writeHead(200, { 'content-length': body.length, 'x-nonce': nonce }).end(body)
    }
  })
})
server.keepAliveTimeout = 3_000
server.listen(port, '127.0.0.1')
