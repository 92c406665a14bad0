import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { defaultNodeProfile } from '../../src/api/kinds/dabba/node-profile.ts'
import type { Access } from '../../src/client/access.ts'
import { createPlatform, type Platform, type PlatformOptions } from '../../src/platform.ts'
import { realWorld } from '../../src/world/real-world.ts'

/** What came over the wire: its shape is what is being tested. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look at what they expect to be there
export type Wire = any

export interface CallOptions {
  /** Sent as it is when it is text or bytes, as JSON otherwise. */
  readonly body?: unknown
  /** The body's media type; JSON unless told otherwise. */
  readonly type?: string
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** The administrator unless told otherwise; `nobody` shows no certificate. */
  readonly as?: 'admin' | 'nobody' | { readonly token: string }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly json: Wire
}

/** One event of a watch. */
export interface SeenEvent {
  readonly type: string
  readonly object: Wire
}

/** How long a test waits for what must come. */
const PATIENCE_MS = 60_000

/** Waits until something holds. Throws when it never does. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come to hold within ${PATIENCE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A platform that listens on loopback, and bare HTTPS to it: what clients see, without a client in between. */
export class ServedApi implements AsyncDisposable {
  readonly platform: Platform
  readonly access: Access
  readonly errors: readonly string[]
  readonly #admin: Agent
  readonly #nobody: Agent

  private constructor(platform: Platform, access: Access, errors: readonly string[]) {
    this.platform = platform
    this.access = access
    this.errors = errors
    const { ca, certificate, key } = access
    this.#admin = new Agent({ keepAlive: true, ca, cert: certificate, key })
    this.#nobody = new Agent({ keepAlive: true, ca })
  }

  static async start(options: { nodes?: number } & Pick<PlatformOptions, 'metrics'> = {}): Promise<ServedApi> {
    const errors: string[] = []
    const platform = await createPlatform({
      world: realWorld({ seed: 'conformance' }),
      nodes: [defaultNodeProfile(options.nodes ?? 1)],
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      onError: (where, error) => errors.push(`${where}: ${error.stack ?? error.message}`),
    })
    return new ServedApi(platform, await platform.listen({ port: 0 }), errors)
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const response = await this.open(method, path, options)
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const text = bytes.toString('utf8')
    return { status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parsed(text) }
  }

  get(path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call('GET', path, options)
  }

  post(path: string, body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('POST', path, { ...options, body })
  }

  put(path: string, body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PUT', path, { ...options, body })
  }

  /** `type` is `merge`, `json`, `strategic` or `apply`. */
  patch(path: string, type: keyof typeof PATCH_TYPES, body: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('PATCH', path, { ...options, type: PATCH_TYPES[type], body })
  }

  delete(path: string, options: CallOptions = {}): Promise<Reply> {
    return this.call('DELETE', path, options)
  }

  /** The body of an answer that must have this status. */
  async expect(status: number, answer: Promise<Reply>): Promise<Wire> {
    const { status: actual, text, json } = await answer
    if (actual !== status) throw new Error(`${actual} instead of ${status}: ${text}`)
    return json
  }

  /** A namespace of its own for a test. */
  async namespace(name: string): Promise<string> {
    const { status, text } = await this.post('/api/v1/namespaces', { metadata: { name } })
    if (status !== 201) throw new Error(text)
    return name
  }

  /** Opens a watch whose events are read as they are asked for. */
  async watch(path: string, options: CallOptions = {}): Promise<OpenWatch> {
    const asked = path.includes('/watch/') ? path : `${path}${path.includes('?') ? '&' : '?'}watch=true`
    return new OpenWatch(await this.open('GET', asked, options))
  }

  /** The response as soon as its head is there. */
  open(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const { as = 'admin', accept, headers = {} } = options
    const body = bodyOf(options.body)
    const type = options.type ?? (body === undefined ? undefined : 'application/json')
    return new Promise((resolve, reject) => {
      const call = httpsRequest(
        `${this.access.url}${path}`,
        {
          method,
          agent: as === 'admin' ? this.#admin : this.#nobody,
          headers: {
            ...(type === undefined ? {} : { 'content-type': type }),
            ...(accept === undefined ? {} : { accept }),
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
            ...(typeof as === 'object' ? { authorization: `Bearer ${as.token}` } : {}),
            ...(headers as Record<string, string | string[]>),
          },
        },
        resolve,
      )
      call.once('error', reject)
      call.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#admin.destroy()
    this.#nobody.destroy()
    await this.platform.stop()
  }
}

/** A watch under way. */
export class OpenWatch implements AsyncDisposable {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly #response: IncomingMessage
  readonly #events: SeenEvent[] = []
  readonly #bytes: Buffer[] = []
  #rest = ''
  #isOver = false
  #wake: () => void = () => undefined

  constructor(response: IncomingMessage) {
    this.#response = response
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    response.on('data', (chunk: Buffer) => {
      this.#bytes.push(chunk)
      const lines = (this.#rest + chunk.toString('utf8')).split('\n')
      this.#rest = lines.pop() ?? ''
      if (response.headers['content-type']?.includes('json') === true) {
        this.#events.push(...lines.map((line) => JSON.parse(line) as SeenEvent))
      }
      this.#wake()
    })
    const over = (): void => {
      this.#isOver = true
      this.#wake()
    }
    response.once('close', over)
    response.once('error', over)
  }

  /** All bytes so far: for watches that are not JSON. */
  get bytes(): Buffer {
    return Buffer.concat(this.#bytes)
  }

  /** The next event. Throws when none comes. */
  async next(): Promise<SeenEvent> {
    await this.until(() => this.#events.length > 0)
    const event = this.#events.shift()
    if (event === undefined) throw new Error(`the watch ended; what it left: ${this.#rest}`)
    return event
  }

  /** The next events as `TYPE name`. */
  async take(count: number): Promise<readonly string[]> {
    const seen: string[] = []
    while (seen.length < count) {
      const { type, object } = await this.next()
      seen.push(`${type} ${object.metadata?.name ?? object.message ?? ''}`)
    }
    return seen
  }

  /** Whether the server has ended it, without another event. */
  async ended(): Promise<boolean> {
    await this.until(() => this.#isOver)
    return this.#events.length === 0
  }

  /** Waits until something holds or the watch is over. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = setTimeout(() => {
      this.#isOver = true
      this.#rest = `nothing came for ${PATIENCE_MS} ms`
      this.#wake()
    }, PATIENCE_MS)
    while (!holds() && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    clearTimeout(deadline)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#response.destroy()
    return Promise.resolve()
  }
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

function bodyOf(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body
  return JSON.stringify(body)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
