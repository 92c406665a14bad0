import type { CompiledCall } from '../../../../api/kinds/dabba/serving.ts'
import { GRPC_STATUSES, grpcFrame } from '../../../../base/grpc.ts'
import type { RequestOptions, ResponseStream } from '../../../../world/network.ts'

const GRPC = 'grpc://'
const GRPC_HEADERS = { 'content-type': 'application/grpc', te: 'trailers' }
/** The first status of an answer that counts as a failure of the one who was asked. */
const FAILED_STATUS_MIN = 500

/** What a pod sends for a call. */
export function callRequest(
  { url, method, headers, body }: CompiledCall,
  carried: Readonly<Record<string, string>>,
): RequestOptions {
  const own = { ...carried, ...headers }
  if (!url.startsWith(GRPC)) return { url, method, headers: own, ...(body === undefined ? {} : { body }) }
  const message = grpcFrame(new TextEncoder().encode(body ?? ''))
  return {
    url: `http://${url.slice(GRPC.length)}`,
    method: 'POST',
    headers: { ...own, ...GRPC_HEADERS },
    body: message,
  }
}

/** Why an answer, which has been read, is none that was wished for. */
export function answerProblem(
  { url }: CompiledCall,
  { status, headers, trailers }: ResponseStream,
): string | undefined {
  if (!url.startsWith(GRPC)) return status < FAILED_STATUS_MIN ? undefined : `status ${status}`
  const number = headers['grpc-status'] ?? trailers?.()['grpc-status']
  if (number === undefined) return `status ${status} without one of gRPC`
  return number === '0' ? undefined : (GRPC_STATUSES[Number(number)] ?? number)
}
