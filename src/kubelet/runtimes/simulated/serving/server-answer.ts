import type { CompiledPath, Failure, ListeningPort } from '../../../../api/kinds/dabba/serving.ts'
import type { LineContext } from '../../../../api/kinds/dabba/log-line.ts'
import { BrokenConnection, type ServerRequest } from '../../../../world/answering.ts'
import type { Clock } from '../../../../world/clock.ts'
import type { ResponseStream } from '../../../../world/network.ts'
import { streamOf } from '../../../../world/web.ts'
import type { RunRequest } from '../../../runtime.ts'
import { statusOnly } from './grpc-answer.ts'

const TEXT = 'text/plain; charset=utf-8'
const TRICKLE_MS = 1_000
/** Of a body without an end: so much at a time. */
const ENDLESS_BYTES = 16_384
const ENDLESS_MS = 100
/** What trickles where no body was given. */
const TRICKLED = 'one byte a second\n'

/** What is said to who does not speak gRPC in place of one of its statuses. */
export const STATUS_WITHOUT_GRPC = 500

const encoder = new TextEncoder()

export function textAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): ResponseStream {
  return bytesAnswer(status, encoder.encode(body), { 'content-type': TEXT, ...headers })
}

export function pathAnswer(path: CompiledPath, context: LineContext): ResponseStream {
  return textAnswer(path.status, path.body?.(context) ?? '', path.headers)
}

/** What was asked, and who was asked. */
export function echoAnswer(
  path: CompiledPath,
  { method, target, headers, from }: ServerRequest,
  { run, port }: { readonly run: RunRequest; readonly port: ListeningPort },
): ResponseStream {
  const { pod, podIp, node, container } = run
  const told = {
    method,
    path: target,
    headers,
    ...(from === undefined ? {} : { from }),
    pod: pod.metadata.name,
    namespace: pod.metadata.namespace ?? '',
    container: container.name,
    node,
    address: `${podIp}:${port.port}`,
  }
  const body = encoder.encode(`${JSON.stringify(told, undefined, 2)}\n`)
  return bytesAnswer(path.status, body, { 'content-type': 'application/json', ...path.headers })
}

interface TrickleOptions {
  readonly clock: Clock
  /** Whether the server has ended meanwhile, or its client has gone. */
  isCut(): boolean
}

/** An error that was drawn. `undefined`: there is never to be an answer. */
export function failedAnswer(
  failure: Failure,
  about: TrickleOptions & { readonly path: CompiledPath; readonly context: LineContext; readonly isGrpc: boolean },
): ResponseStream | undefined {
  const { path, context, isGrpc } = about
  if ('status' in failure) return textAnswer(failure.status, failure.body ?? '')
  if ('grpcStatus' in failure) {
    const { grpcStatus, message } = failure
    return isGrpc ? statusOnly(grpcStatus, message) : textAnswer(STATUS_WITHOUT_GRPC, message)
  }
  switch (failure.fault) {
    case 'Reset':
      throw new BrokenConnection('reset')
    case 'Garbage':
      throw new BrokenConnection('garbage')
    case 'Hang':
      return undefined
    case 'Trickle': {
      const body = encoder.encode(path.body?.(context) ?? TRICKLED)
      const headers = { 'content-type': TEXT, 'content-length': String(body.length), ...path.headers }
      return { status: path.status, headers, body: trickle(body, about) }
    }
    case 'Endless':
      return { status: path.status, headers: { 'content-type': TEXT, ...path.headers }, body: endless(about) }
  }
}

function bytesAnswer(status: number, bytes: Uint8Array, headers: Readonly<Record<string, string>>): ResponseStream {
  return streamOf({ status, headers: { ...headers, 'content-length': String(bytes.length) }, body: bytes })
}

async function* trickle(bytes: Uint8Array, { clock, isCut }: TrickleOptions): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) {
    await clock.sleep(TRICKLE_MS)
    if (isCut()) throw new BrokenConnection('reset')
    yield bytes.subarray(at, at + 1)
  }
}

async function* endless({ clock, isCut }: TrickleOptions): AsyncGenerator<Uint8Array> {
  const bytes = new Uint8Array(ENDLESS_BYTES).fill(0x2e)
  for (;;) {
    yield bytes
    await clock.sleep(ENDLESS_MS)
    if (isCut()) throw new BrokenConnection('reset')
  }
}
