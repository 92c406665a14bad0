import { ProtobufError } from '../../api/protobuf/wire.ts'
import { snappyCompress, SnappyError, snappyUncompress } from '../../base/snappy.ts'
import type { Clock } from '../../world/clock.ts'
import { textResponse, type WebRequest, type WebResponse } from '../../world/web.ts'
import { matcher } from '../model/matcher.ts'
import type { Appendable, Queryable } from '../model/storage.ts'
import { answerRead, encodeReadResponse, readReadRequest } from '../remote/read.ts'
import { receiveWrite } from '../remote/receive-write.ts'

/** What a read request may unpack to. */
const READ_BYTES_MAX = 2 ** 20

export interface RemoteDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly storage: Queryable & Appendable
  readonly externalLabels: () => Readonly<Record<string, string>>
  readonly receivesWrite: boolean
  readonly readSamplesMax: number
}

/** `/api/v1/write` and `/api/v1/read`, which speak protobuf. `undefined` for other paths. */
export async function remotePaths(request: WebRequest, deps: RemoteDeps): Promise<WebResponse | undefined> {
  switch (`${request.method} ${request.path}`) {
    case 'POST /api/v1/write':
      return deps.receivesWrite ? take(request, deps) : disabled('remote write', '--web.enable-remote-write-receiver')
    case 'POST /api/v1/read':
      return read(request, deps)
    default:
      return undefined
  }
}

function disabled(receiver: string, flag: string): WebResponse {
  return textResponse(404, `${receiver} receiver needs to be enabled with ${flag}\n`)
}

async function take({ headers: sent, body }: WebRequest, { storage, clock }: RemoteDeps): Promise<WebResponse> {
  const { status, headers, message } = await receiveWrite(
    { headers: sent, body: await body() },
    { storage, nowMs: clock.now() },
  )
  const { headers: plain } = textResponse(status, '')
  return { status, headers: { ...plain, ...headers }, body: message === '' ? '' : `${message}\n` }
}

async function read({ body }: WebRequest, deps: RemoteDeps): Promise<WebResponse> {
  const { storage, externalLabels, readSamplesMax } = deps
  let queries: ReturnType<typeof readReadRequest>
  try {
    queries = readReadRequest(snappyUncompress(await body(), { maxBytes: READ_BYTES_MAX }))
  } catch (error) {
    if (!(error instanceof SnappyError) && !(error instanceof ProtobufError)) throw error
    return textResponse(400, `${error.message}\n`)
  }
  const results = await answerRead(queries, { storage, externalLabels: externalLabels(), matcher })
  const samples = results.flat().reduce((sum, one) => sum + one.samples.length + one.histograms.length, 0)
  if (readSamplesMax > 0 && samples > readSamplesMax) {
    return textResponse(400, `exceeded sample limit (${readSamplesMax})\n`)
  }
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
  return { status: 200, headers, body: snappyCompress(encodeReadResponse(results)) }
}
