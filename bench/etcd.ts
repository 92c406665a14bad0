import { spawn, spawnSync } from 'node:child_process'
import { connect, type ClientHttp2Session } from 'node:http2'
import { createServer } from 'node:net'
import { once } from 'node:events'

/** The few words of etcd's gRPC that writing one key needs. */
export interface Etcd extends AsyncDisposable {
  /** Resolves when the write is durable. */
  put(key: string, value: Buffer): Promise<void>
}

/** Another etcd than the one on the path: `ETCD=/opt/etcd/etcd node bench/store.ts`. */
const ETCD = process.env['ETCD'] ?? 'etcd'
const HOST = '127.0.0.1'
const START_TRIES = 200
const START_POLL_MS = 50
const GRPC_PREFIX_BYTES = 5
const SIZE_AT = 1

/** The version of the etcd on this machine, if there is one. */
export function etcdVersion(): string | undefined {
  const { status, stdout } = spawnSync(ETCD, ['--version'], { encoding: 'utf8' })
  return status === 0 ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined
}

/** Starts an etcd of one member over `directory`, on loopback, as it is configured by default: it syncs every batch. */
export async function startEtcd(directory: string): Promise<Etcd> {
  const [client, peer] = [`http://${HOST}:${await freePort()}`, `http://${HOST}:${await freePort()}`]
  const process = spawn(
    ETCD,
    [
      `--data-dir=${directory}`,
      '--name=bench',
      `--initial-cluster=bench=${peer}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
    ],
    { stdio: 'ignore' },
  )
  const exited = once(process, 'exit')
  const stop = async (): Promise<void> => {
    process.kill('SIGTERM')
    await exited
  }
  try {
    const session = await ready(client)
    return {
      put: (key, value) => put(session, key, value),
      async [Symbol.asyncDispose]() {
        session.destroy()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function ready(url: string): Promise<ClientHttp2Session> {
  for (let tries = 1; ; tries++) {
    const session = connect(url)
    try {
      await once(session, 'connect')
      await put(session, 'ready', Buffer.from('?'))
      session.on('error', (error) => {
        throw error
      })
      return session
    } catch (error) {
      session.destroy()
      if (tries === START_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, START_POLL_MS))
    }
  }
}

function put(session: ClientHttp2Session, key: string, value: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/etcdserverpb.KV/Put',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let status: unknown
    stream.on('response', (headers) => (status = headers['grpc-status'] ?? status))
    stream.on('trailers', (trailers) => (status = trailers['grpc-status']))
    stream.on('error', reject)
    stream.on('close', () => (status === '0' ? resolve() : reject(new Error(`etcd answered ${String(status)}`))))
    stream.resume()
    stream.end(message(key, value))
  })
}

/** PutRequest { bytes key = 1; bytes value = 2 }, with gRPC's five bytes before it. */
function message(key: string, value: Buffer): Buffer {
  const body = [...field(1, Buffer.from(key)), ...field(2, value)]
  const prefix = Buffer.alloc(GRPC_PREFIX_BYTES)
  prefix.writeUInt32BE(
    body.reduce((size, { length }) => size + length, 0),
    SIZE_AT,
  )
  return Buffer.concat([prefix, ...body])
}

function field(number: number, bytes: Buffer): readonly Buffer[] {
  const lengthDelimited = 2
  return [Buffer.from([(number << 3) | lengthDelimited, ...varint(bytes.length)]), bytes]
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
