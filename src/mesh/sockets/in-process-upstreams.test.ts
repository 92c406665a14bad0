import { expect, test } from 'vitest'
import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import { type InProcessServers, inProcessUpstreams } from './in-process-upstreams.ts'
import type { AnswerReader, ServerStream, StreamTarget, Upstreams } from './streams.ts'

const NOBODY: Upstreams = {
  open() {
    throw new Error('nobody else is to be asked')
  },
}

/** Writes down what it is told, and is done when the answer has ended or failed. */
class Heard implements AnswerReader {
  readonly told: string[] = []
  readonly done: Promise<void>
  readonly #end: () => void

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    this.#end = resolve
  }

  onInformational(status: number): void {
    this.told.push(`informational ${status}`)
  }

  onAnswerHead(status: number, headers: readonly string[], isWhole: boolean): void {
    this.told.push(`head ${status} ${headers.join(' ')}`)
    if (isWhole) this.#end()
  }

  onAnswerData(bytes: Buffer): void {
    this.told.push(`data ${bytes.toString()}`)
  }

  onAnswerEnd(): void {
    this.told.push('end')
    this.#end()
  }

  onAnswerPause(): void {
    // What has come is written down as it comes.
  }

  onServerDrain(): void {
    this.told.push('drain')
  }

  onFailed({ how, beforeRequest, reason }: Parameters<AnswerReader['onFailed']>[0]): void {
    this.told.push(`failed ${how} ${beforeRequest} ${reason}`)
    this.#end()
  }
}

function serversOf(serve: (request: RequestOptions) => Promise<ResponseStream>): InProcessServers {
  return { isListening: ({ port }) => port === 8080, owns: () => true, deliver: (_address, request) => serve(request) }
}

function open(
  servers: InProcessServers,
  reader: AnswerReader,
  target: Partial<StreamTarget['head']> = {},
): ServerStream {
  const head = { method: 'POST', scheme: 'https', authority: 'cart', target: '/items?q=1', headers: [], ...target }
  const endpoint = { address: '10.244.0.7', port: 8080, workload: undefined }
  const upstreams = inProcessUpstreams(servers, { podIp: '10.244.0.1', further: NOBODY })
  const upstream = { transport: 'plaintext' }
  return upstreams.open({ head, endpoint, upstream } as unknown as StreamTarget, head.method === 'POST', reader)
}

async function* parts(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

test('an application is called with the whole request, and its answer passed on as it comes', async () => {
  const asked: RequestOptions[] = []
  const servers = serversOf((request) => {
    asked.push(request)
    return Promise.resolve({ status: 201, headers: { 'X-Kind': 'cart' }, body: parts('a', 'b') })
  })
  const heard = new Heard()
  const stream = open(servers, heard, { headers: ['accept', 'a/b', 'accept', 'c/d'] })
  stream.sendData(Buffer.from('one '))
  stream.sendData(Buffer.from('two'))
  stream.sendEnd([])
  await heard.done
  expect(heard.told).toEqual(['head 201 x-kind cart', 'data a', 'data b', 'end'])
  expect(asked[0]).toMatchObject({ url: 'http://cart/items?q=1', method: 'POST' })
  expect(asked[0]?.headers).toEqual({ accept: 'a/b,c/d', host: 'cart' })
  expect(Buffer.from(asked[0]?.body as Uint8Array).toString()).toBe('one two')
})

test('an answer waits while nobody can take more of it', async () => {
  const servers = serversOf(() => Promise.resolve({ status: 200, headers: {}, body: parts('a', 'b') }))
  const heard = new Heard()
  const stream = open(servers, heard, { method: 'GET' })
  stream.pause()
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  expect(heard.told).toEqual(['head 200 ', 'data a'])
  stream.resume()
  await heard.done
  expect(heard.told).toEqual(['head 200 ', 'data a', 'data b', 'end'])
})

test('to HEAD nothing follows the head', async () => {
  const servers = serversOf(() => Promise.resolve({ status: 200, headers: { 'content-length': '9' }, body: parts('') }))
  const heard = new Heard()
  open(servers, heard, { method: 'HEAD' })
  await heard.done
  expect(heard.told).toEqual(['head 200 content-length 9'])
})

test.each([
  ['refused', 'failed connect true Connection refused'],
  ['timeout', 'failed connect-timeout true it was'],
  ['reset', 'failed closed false it was'],
  ['protocol', 'failed protocol false it was'],
])('a connection that is %s is told so', async (how, told) => {
  const servers = serversOf(() => Promise.reject(Object.assign(new Error('it was'), { how })))
  const heard = new Heard()
  open(servers, heard, { method: 'GET' })
  await heard.done
  expect(heard.told).toEqual([told])
})

test('a body that takes its time does not keep its head waiting', async () => {
  const rest = Promise.withResolvers<void>()
  async function* slow(): AsyncGenerator<Uint8Array> {
    await rest.promise
    yield new TextEncoder().encode('late')
  }
  const reader = new Heard()
  const paused = new Promise<void>((resolve) => {
    reader.onAnswerPause = resolve
  })
  open(
    serversOf(() => Promise.resolve({ status: 200, headers: {}, body: slow() })),
    reader,
    { method: 'GET' },
  )
  await paused
  rest.resolve()
  await reader.done
})

test('after an abort nothing is told, and the application hears of it', async () => {
  let signal: AbortSignal | undefined
  const servers = serversOf((request) => {
    signal = request.signal
    return Promise.resolve({ status: 200, headers: {}, body: parts('late') })
  })
  const heard = new Heard()
  open(servers, heard, { method: 'GET' }).abort()
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  expect(heard.told).toEqual([])
  expect(signal?.aborted).toBe(true)
})
