/** RFC 9113, section 7: why a stream or a connection ends. */
export const ERROR_CODE = { none: 0, protocol: 1, internal: 2, refused: 7, cancel: 8, enhanceYourCalm: 11 } as const

/** RFC 9113, section 6.2: nothing follows these headers. */
export const FLAG_END_STREAM = 0x1

/**
 * What a peer is granted: Envoy's defaults (envoyproxy/envoy api/envoy/config/core/v3/protocol.proto, Http2ProtocolOptions),
 * but for the windows, which are what a stream may fill before it is read: theirs would be 16 MiB for each.
 */
export const STREAMS_MAX = 1_024
export const WINDOW_BYTES = 256 * 1024
/** `max_headers_count` and `max_request_headers_kb`; pseudo headers are counted by the library too. */
export const HEADERS_MAX = 104
export const HEADERS_BYTES_MAX = 60 * 1024
/** Streams that are opened and reset at once: envoyproxy/envoy source/common/http/conn_manager_impl.h, premature resets. */
export const RESETS_BURST = 500
export const RESETS_PER_SECOND = 33

/** Whether the library gave a connection up because its peer broke the rules. */
export function isBrokenConnection(error: Error | undefined): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_HTTP2_ERROR'
}
