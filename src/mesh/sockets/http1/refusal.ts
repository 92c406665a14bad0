import type { RefusedRequest } from '../../exchange/steps.ts'
import { type HeadScanner, HEADERS_MAX } from './head-scanner.ts'

/** A client that went away in the middle of a head. */
export const CUT_OFF: RefusedRequest = {
  status: 0,
  details: 'downstream_remote_disconnect',
  responseBytes: 0,
  tookMs: 0,
}

export const CODEC_ERROR = 'http1.codec_error'

/** Why a head was refused, in Envoy's words: source/common/http/http1/codec_impl.cc `Http1ResponseCodeDetailValues`. */
export function refusalDetails(status: number, scanner: HeadScanner): string {
  switch (status) {
    case 431:
      return scanner.headers === HEADERS_MAX ? 'http1.too_many_headers' : 'http1.headers_too_large'
    case 501:
      return 'http1.invalid_transfer_encoding'
    default:
      return CODEC_ERROR
  }
}
