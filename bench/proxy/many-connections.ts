import { connect, type Socket } from 'node:net'
import { HOST, residentMegabytes } from './machine.ts'

const IDLE = 10_000
const BUSY = 2_000
const BUSY_SECONDS = 5
const MEGABYTES_MAX = 300
const REQUEST = 'GET /index.html HTTP/1.1\r\nHost: cart.shop\r\n\r\n'

/** What a proxy keeps in memory for connections that wait, and for others on which requests follow each other. */
export async function manyConnections({
  port,
  pid,
}: {
  readonly port: number
  readonly pid: number
}): Promise<boolean> {
  const sockets: Socket[] = []
  let answers = 0
  let failures = 0
  let isBusy = true
  const open = async (again: boolean): Promise<void> => {
    const socket = connect({ port, host: HOST, noDelay: true })
    sockets.push(socket)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let missing = 0
    socket.on('error', (error) => {
      failures++
      reject(error)
    })
    socket.on('data', (bytes: Buffer) => {
      if (missing === 0) {
        const text = bytes.toString('latin1')
        missing = text.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1])
      }
      missing -= bytes.length
      if (missing > 0) return
      missing = 0
      answers++
      resolve()
      if (again && isBusy) socket.write(REQUEST)
    })
    socket.write(REQUEST)
    return promise
  }
  // Each has had an answer before it waits. As many at once as a backlog holds.
  for (let count = 0; count < IDLE; count += 200) await Promise.all(Array.from({ length: 200 }, () => open(false)))
  const idleMegabytes = residentMegabytes(pid)
  const first = Promise.all(Array.from({ length: BUSY }, () => open(true)))
  await first
  let megabytes = idleMegabytes
  for (let turn = 0; turn < BUSY_SECONDS * 10; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    megabytes = Math.max(megabytes, residentMegabytes(pid))
  }
  isBusy = false
  for (const socket of sockets) socket.destroy()
  console.log(
    `  ${IDLE} idle connections: ${idleMegabytes.toFixed(0)} MB; with ${BUSY} busy ones at most ${megabytes.toFixed(0)} MB ` +
      `(gate ${MEGABYTES_MAX}), ${answers} answers, ${failures} failures`,
  )
  return megabytes <= MEGABYTES_MAX && failures === 0
}
