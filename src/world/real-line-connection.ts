import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectOptions, LineConnection, LineTls } from './line-connection.ts'

/** Nobody who speaks in lines says so much without an end. */
const LINE_MAX = 64 * 1024

/** Connects to a host. Rejects when there is nobody, and with the signal's reason. */
export async function connectLines({ host, port, tls, signal }: ConnectOptions): Promise<LineConnection> {
  signal.throwIfAborted()
  const socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...tlsOptions(tls) })
  const connection = new RealLineConnection(socket)
  const onAbort = (): void => connection.fail(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  await connection.whenReady(tls === undefined ? 'connect' : 'secureConnect')
  return connection
}

function tlsOptions({ serverName, ca, cert, key, insecure }: LineTls) {
  return {
    servername: serverName,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(insecure === true && { rejectUnauthorized: false }),
  }
}

interface Waiting {
  readonly resolve: (line: string) => void
  readonly reject: (failure: Error) => void
}

class RealLineConnection implements LineConnection {
  #socket: Socket
  #received = ''
  #lines: string[] = []
  #waiting: Waiting | undefined
  #failure: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  whenReady(event: 'connect' | 'secureConnect'): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure)
      this.#waiting = { resolve: () => undefined, reject }
      this.#socket.once(event, () => {
        this.#waiting = undefined
        resolve()
      })
    })
  }

  readLine(): Promise<string> {
    const line = this.#lines.shift()
    if (line !== undefined) return Promise.resolve(line)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(text, (failure) => (failure === null || failure === undefined ? resolve() : reject(failure)))
    })
  }

  async startTls(tls: LineTls): Promise<void> {
    this.#socket.removeAllListeners('data')
    this.#socket.removeAllListeners('close')
    const secure = connectTls({ socket: this.#socket, ...tlsOptions(tls) })
    this.#socket = secure
    this.#listen(secure)
    await this.whenReady('secureConnect')
  }

  close(): void {
    this.#socket.destroy()
  }

  fail(failure: Error): void {
    this.#failure ??= failure
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('utf8')))
    socket.on('error', (failure) => this.fail(failure))
    socket.on('close', () => this.fail(new Error('connection closed')))
  }

  #take(text: string): void {
    this.#received += text
    const lines = this.#received.split(/\r?\n/)
    this.#received = lines.pop() ?? ''
    if (this.#received.length > LINE_MAX) this.fail(new Error('line too long'))
    this.#lines.push(...lines)
    if (this.#waiting === undefined) return
    const line = this.#lines.shift()
    if (line === undefined) return
    const { resolve } = this.#waiting
    this.#waiting = undefined
    resolve(line)
  }
}
