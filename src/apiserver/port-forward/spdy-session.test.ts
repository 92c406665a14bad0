import { once } from 'node:events'
import { Duplex, duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createInflate } from 'node:zlib'
import { expect, test } from 'vitest'
import { type Frame, readFrames } from './spdy-frames.ts'
import { type OpenedStream, SpdySession } from './spdy-session.ts'

/** A SYN_STREAM as kubectl sends it: stream 1, with the headers port, requestID and streamType, compressed. */
const OPENING = Buffer.from(
  '800300010000003e' +
    '0000000100000000000078f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c60696069c0c0c0c0590489c64c50f2663400000000ffff',
  'hex',
)
const DATA = Buffer.from('00000001' + '00' + '000004' + '63686169', 'hex')
const DATA_END = Buffer.from('00000001' + '01' + '000000', 'hex')
const PING = Buffer.from('80030006' + '00000004' + '00000007', 'hex')

interface Client {
  readonly connection: Duplex
  readonly opened: readonly OpenedStream[]
  readonly session: Promise<void>
}

function connect(accepts = true): Client {
  const [connection, far] = duplexPair()
  const opened: OpenedStream[] = []
  const session = new SpdySession(far, (stream) => {
    opened.push(stream)
    return accepts
  }).run()
  return { connection, opened, session }
}

async function nextFrames(connection: Duplex, count: number): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const frame of readFrames(connection.iterator({ destroyOnReturn: false }))) {
    frames.push(frame)
    if (frames.length === count) break
  }
  return frames
}

test('a stream says what it is for, is answered, and carries bytes both ways', async () => {
  const { connection, opened, session } = connect()
  // Bytes arrive as they come: here one by one.
  for (const byte of OPENING) connection.write(Uint8Array.of(byte))
  const [reply] = await nextFrames(connection, 1)
  expect(reply).toMatchObject({ kind: 'control', type: 2 })
  const [first] = opened
  if (first === undefined) throw new Error('no stream')
  const { headers, stream } = first
  expect(Object.fromEntries(headers)).toEqual({ port: '9090', requestid: '0', streamtype: 'error' })
  connection.write(Buffer.concat([DATA, DATA, DATA_END]))
  expect(await text(stream)).toBe('chaichai')
  stream.end('tea')
  expect(await nextFrames(connection, 2)).toMatchObject([
    { kind: 'data', streamId: 1, isLast: false, payload: Buffer.from('tea') },
    { kind: 'data', streamId: 1, isLast: true },
  ])
  connection.end()
  await session
})

test('the headers of answers are what zlib reads', async () => {
  const { connection, session } = connect()
  connection.write(OPENING)
  const [reply] = await nextFrames(connection, 1)
  if (reply?.kind !== 'control') throw new Error('no reply')
  const inflate = createInflate()
  inflate.write(reply.payload.subarray(4))
  await once(inflate, 'readable')
  expect(inflate.read()).toEqual(Buffer.from([0, 0, 0, 0]))
  connection.end()
  await session
})

test('a ping comes back as it was', async () => {
  const { connection, session } = connect()
  connection.write(PING)
  expect(await nextFrames(connection, 1)).toMatchObject([{ type: 6, payload: Buffer.from([0, 0, 0, 7]) }])
  connection.end()
  await session
})

test('a stream that makes no sense is refused after its answer', async () => {
  const { connection, session } = connect(false)
  connection.write(OPENING)
  expect(await nextFrames(connection, 2)).toMatchObject([{ type: 2 }, { type: 3 }])
  connection.end()
  await session
})

test('a stream that is given up is reset, and its session goes on', async () => {
  const { connection, opened, session } = connect()
  connection.write(OPENING)
  await nextFrames(connection, 1)
  // Nobody reads it, so that all that follows waits.
  connection.write(Buffer.concat([Buffer.from('00000001' + '00' + '020000', 'hex'), Buffer.alloc(0x2_00_00), PING]))
  opened[0]?.stream.destroy()
  expect(await nextFrames(connection, 2)).toMatchObject([
    { type: 3, payload: Buffer.from([0, 0, 0, 1, 0, 0, 0, 5]) },
    { type: 6 },
  ])
  connection.end()
  await session
})

test('what is no SPDY ends the connection, and every stream with it', async () => {
  const { connection, opened, session } = connect()
  connection.write(OPENING)
  await nextFrames(connection, 1)
  connection.write(Buffer.concat([Buffer.from('8003000100000010', 'hex'), Buffer.alloc(16, 0xff)]))
  await session
  expect(opened[0]?.stream.destroyed).toBe(true)
})

test('a client that is gone while it is answered ends its streams, and is no error of theirs', async () => {
  let isGone = false
  const connection = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => setImmediate(() => done(isGone ? new Error('write EPIPE') : null)),
  })
  const opened: OpenedStream[] = []
  const session = new SpdySession(connection, (stream) => opened.push(stream) > 0).run()
  connection.push(OPENING)
  while (connection.writableLength > 0 || opened.length === 0) await new Promise(setImmediate)
  const errors: unknown[] = []
  const [stream] = opened.map((one) => one.stream)
  stream?.on('error', (error) => errors.push(error))
  isGone = true
  stream?.end('tea')
  await session
  expect(stream?.destroyed).toBe(true)
  expect(errors).toEqual([])
})
