import type { LineContext } from '../../../../api/kinds/dabba/log-line.ts'
import { type CompiledPath, DEFAULT_GRPC } from '../../../../api/kinds/dabba/serving.ts'
import { GRPC_STATUSES, type GrpcStatus, grpcFrame, grpcMessage, isGrpc } from '../../../../base/grpc.ts'
import type { ServerRequest } from '../../../../world/answering.ts'
import type { ResponseStream } from '../../../../world/network.ts'

const CONTENT_TYPE = 'application/grpc'
/** grpc/grpc doc/health-checking.md: the field `status` of a HealthCheckResponse is SERVING. */
const HEALTH_CHECK = '/grpc.health.v1.Health/Check'
const SERVING = Uint8Array.of(0x08, 0x01)

export function isGrpcCall({ headers }: Pick<ServerRequest, 'headers'>): boolean {
  return isGrpc(headers['content-type'])
}

/** What a path answers to a call. A path that speaks of HTTP alone answers with that, as a server without gRPC does. */
export function grpcAnswer(
  path: CompiledPath,
  request: ServerRequest,
  context: LineContext,
): ResponseStream | undefined {
  const { grpc } = path
  if (grpc === DEFAULT_GRPC && path.status !== 200) return undefined
  const { status, message, reply, replies, echo } = grpc
  const words = message?.(context) ?? ''
  if (status !== 0) return statusOnly(status, words)
  const frame = grpcFrame(reply)
  const parts = echo ? [request.body ?? new Uint8Array(0)] : Array.from({ length: replies }, () => frame)
  return messages(parts, { headers: path.headers, message: words })
}

/** An answer that is a status and nothing else, all of it in its head. */
export function grpcFailure(status: GrpcStatus, message: string): ResponseStream {
  return statusOnly(GRPC_STATUSES.indexOf(status), message)
}

/** By the status's number. */
export function statusOnly(status: number, message: string): ResponseStream {
  const headers = { 'content-type': CONTENT_TYPE, ...statusFields(status, message) }
  return { status: 200, headers, body: each([]), isHeadOnly: true }
}

/** Undefined for any other method. */
export function healthAnswer({ target }: ServerRequest): ResponseStream | undefined {
  return target === HEALTH_CHECK ? messages([grpcFrame(SERVING)], { headers: {}, message: '' }) : undefined
}

function messages(
  parts: readonly Uint8Array[],
  { headers, message }: { readonly headers: Readonly<Record<string, string>>; readonly message: string },
): ResponseStream {
  return {
    status: 200,
    headers: { 'content-type': CONTENT_TYPE, ...headers },
    body: each(parts),
    trailers: () => statusFields(0, message),
  }
}

function statusFields(status: number, message: string): Readonly<Record<string, string>> {
  return { 'grpc-status': String(status), ...(message !== '' && { 'grpc-message': grpcMessage(message) }) }
}

async function* each(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) if (part.length > 0) yield part
}
