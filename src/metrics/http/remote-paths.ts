import { ProtobufError } from '../../api/protobuf/wire.ts'
import { snappyCompress, SnappyError, snappyUncompress } from '../../base/snappy.ts'
import type { Clock } from '../../world/clock.ts'
import { textResponse, type WebRequest, type WebResponse } from '../../world/web.ts'
import { matcher } from '../model/matcher.ts'
import type { Appendable, Queryable } from '../model/storage.ts'
import { receiveOtlp } from '../otlp/receive-otlp.ts'
import type { OtlpConfig } from '../otlp/resource-labels.ts'
import { CHUNKED_TYPE, encodeChunkedResponse } from '../remote/chunked-response.ts'
import { answerRead, encodeReadResponse, readReadRequest } from '../remote/read.ts'
import { receiveWrite, type WriteAnswer } from '../remote/receive-write.ts'

/** What a read request may unpack to. */
const READ_BYTES_MAX = 2 ** 20

export interface RemoteDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly storage: Queryable & Appendable
  readonly externalLabels: () => Readonly<Record<string, string>>
  readonly receivesWrite: boolean
  /** How OpenTelemetry's names become ours; absent where such metrics are not taken. */
  readonly otlp?: OtlpConfig
  readonly readSamplesMax: number
}

/** What programs send to each other: `/api/v1/write`, `/api/v1/read`, and OpenTelemetry's metrics. `undefined` for other paths. */
export async function remotePaths(request: WebRequest, deps: RemoteDeps): Promise<WebResponse | undefined> {
  switch (`${request.method} ${request.path}`) {
    case 'POST /api/v1/write':
      if (!deps.receivesWrite) return disabled('remote write', '--web.enable-remote-write-receiver')
      return answered(await receiveWrite(await sent(request), taking(deps)))
    case 'POST /api/v1/otlp/v1/metrics':
      if (deps.otlp === undefined) return disabled('otlp write', '--web.enable-otlp-receiver')
      return answered(await receiveOtlp(await sent(request), { ...taking(deps), config: deps.otlp }))
    case 'POST /api/v1/read':
      return read(request, deps)
    default:
      return undefined
  }
}

function disabled(receiver: string, flag: string): WebResponse {
  return textResponse(404, `${receiver} receiver needs to be enabled with ${flag}\n`)
}

async function sent({
  headers,
  body,
}: WebRequest): Promise<Pick<WebRequest, 'headers'> & { readonly body: Uint8Array }> {
  return { headers, body: await body() }
}

function taking({ storage, clock }: RemoteDeps): { readonly storage: Appendable; readonly nowMs: number } {
  return { storage, nowMs: clock.now() }
}

function answered({ status, headers, message }: WriteAnswer): WebResponse {
  const plain = textResponse(status, message === '' ? '' : `${message}\n`)
  return { ...plain, headers: { ...plain.headers, ...headers } }
}

async function read({ body }: WebRequest, deps: RemoteDeps): Promise<WebResponse> {
  const { storage, externalLabels, readSamplesMax } = deps
  let request: ReturnType<typeof readReadRequest>
  try {
    request = readReadRequest(snappyUncompress(await body(), { maxBytes: READ_BYTES_MAX }))
  } catch (error) {
    if (!(error instanceof SnappyError) && !(error instanceof ProtobufError)) throw error
    return textResponse(400, `${error.message}\n`)
  }
  const { queries, answer } = request
  if (answer === undefined) return textResponse(400, 'server does not support any of the requested response types\n')
  const results = await answerRead(queries, { storage, externalLabels: externalLabels(), matcher })
  const samples = results.flat().reduce((sum, one) => sum + one.samples.length + one.histograms.length, 0)
  if (readSamplesMax > 0 && samples > readSamplesMax) {
    return textResponse(400, `exceeded sample limit (${readSamplesMax})\n`)
  }
  if (answer === 'chunks') {
    return { status: 200, headers: { 'content-type': CHUNKED_TYPE }, body: encodeChunkedResponse(results) }
  }
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
  return { status: 200, headers, body: snappyCompress(encodeReadResponse(results)) }
}
