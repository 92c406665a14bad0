import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectlPath, type KubectlVersion } from './binaries.ts'

export interface StubRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string
  readonly contentType: string
  readonly body: Buffer
}

export interface StubAnswer {
  readonly code?: number
  readonly type?: string
  readonly body: Uint8Array | object
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A server on the loopback that answers as a test says, for real clients to talk to. */
export class StubServer implements AsyncDisposable {
  readonly requests: StubRequest[] = []
  readonly #home = mkdtempSync(join(tmpdir(), 'dabba-stub-'))
  readonly #server

  private constructor(answer: (request: StubRequest) => StubAnswer | undefined) {
    this.#server = createServer((incoming, outgoing) => {
      void readRequest(incoming).then((request) => {
        this.requests.push(request)
        const { code = 200, type = 'application/json', body } = answer(request) ?? notFound(request)
        outgoing.writeHead(code, { 'Content-Type': type })
        outgoing.end(body instanceof Uint8Array ? body : JSON.stringify(body))
      })
    })
  }

  static async start(answer: (request: StubRequest) => StubAnswer | undefined): Promise<StubServer> {
    const stub = new StubServer(answer)
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Runs kubectl against this server, without the user's configuration and caches. */
  kubectl(version: KubectlVersion, args: readonly string[], input = ''): Promise<Ran> {
    const env = { HOME: this.#home, PATH: '/usr/bin:/bin' }
    return new Promise((resolve) => {
      const child = execFile(
        kubectlPath(version),
        [`--server=${this.url}`, `--cache-dir=${this.#home}/cache-${version}`, ...args],
        { env, maxBuffer: 1 << 26 },
        (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
      )
      child.stdin?.end(input)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#home, { recursive: true, force: true })
  }
}

async function readRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1')
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    accept: incoming.headers.accept ?? '',
    contentType: incoming.headers['content-type'] ?? '',
    body: Buffer.concat(await incoming.toArray()),
  }
}

function notFound({ path }: StubRequest): StubAnswer {
  return {
    code: 404,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `the server could not find the requested resource ${path}`,
      reason: 'NotFound',
      code: 404,
    },
  }
}
