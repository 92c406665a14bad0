import { gunzipSync } from 'node:zlib'
import { ProtobufError } from '../../api/protobuf/wire.ts'
import type { Appendable } from '../model/storage.ts'
import { SeriesWriter, type WriteAnswer, type WriteRequest } from '../remote/receive-write.ts'
import type { ExportRequest } from './otlp-model.ts'
import { OtlpError, readOtlp, readOtlpJson } from './read-otlp.ts'
import type { OtlpConfig } from './resource-labels.ts'
import { translateOtlp } from './translate-otlp.ts'

/** What a request may unpack to. */
const CONTENT_BYTES_MAX = 64 * 1024 * 1024

/** Takes in metrics of OpenTelemetry: `/api/v1/otlp/v1/metrics` (prometheus: storage/remote/write_otlp_handler.go). */
export async function receiveOtlp(
  { headers, body }: WriteRequest,
  options: { storage: Appendable; nowMs: number; config: OtlpConfig },
): Promise<WriteAnswer> {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';')
  const isJson = mediaType.trim() === 'application/json'
  if (!isJson && mediaType.trim() !== 'application/x-protobuf') {
    const message = `unsupported content type: ${mediaType}, supported: [application/json, application/x-protobuf]`
    return { status: 415, headers: {}, message }
  }
  const request = read(unpacked(body, headers['content-encoding']), isJson)
  if (typeof request === 'string') return { status: 400, headers: {}, message: request }
  const { series, problems } = translateOtlp(request, options.config)
  const appender = options.storage.appender()
  const writer = new SeriesWriter(appender, options.nowMs)
  const refusals = series.flatMap((each) => writer.write(each))
  await appender.commit()
  const message = [...problems, ...refusals].join('\n')
  return { status: message === '' ? 200 : 400, headers: {}, message }
}

function unpacked(body: Uint8Array, encoding: string | undefined): Uint8Array | string {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip') return `unsupported compression: ${encoding}. Only "gzip" or no compression supported`
  try {
    return gunzipSync(body, { maxOutputLength: CONTENT_BYTES_MAX })
  } catch (failure) {
    return failure instanceof Error ? `gzip: ${failure.message}` : String(failure)
  }
}

/** The request, or what is wrong with it. */
function read(content: Uint8Array | string, isJson: boolean): ExportRequest | string {
  if (typeof content === 'string') return content
  try {
    return isJson ? readOtlpJson(Buffer.from(content).toString('utf8')) : readOtlp(content)
  } catch (failure) {
    if (failure instanceof OtlpError || failure instanceof ProtobufError) return failure.message
    throw failure
  }
}
