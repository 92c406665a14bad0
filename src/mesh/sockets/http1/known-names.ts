/** A header's name that is met often: its text is made once, and what it means for framing is known at a look. */
export interface KnownName {
  readonly name: string
  readonly role: HeaderRole
}

/** Headers that are about the connection or the message's frame; all others are just passed on. */
export type HeaderRole =
  | 'plain'
  | 'host'
  | 'connection'
  | 'hop-by-hop'
  | 'content-length'
  | 'transfer-encoding'
  | 'upgrade'

const ROLES: Readonly<Record<string, HeaderRole>> = {
  host: 'host',
  connection: 'connection',
  'keep-alive': 'hop-by-hop',
  'proxy-connection': 'hop-by-hop',
  'content-length': 'content-length',
  'transfer-encoding': 'transfer-encoding',
  upgrade: 'upgrade',
}

const PLAIN: readonly string[] = `
  accept accept-charset accept-encoding accept-language accept-ranges age allow alt-svc authorization
  cache-control content-disposition content-encoding content-language content-range content-security-policy
  content-type cookie date dnt etag expect expires from forwarded if-match if-modified-since if-none-match
  if-range if-unmodified-since last-modified link location origin pragma priority range referer retry-after server
  set-cookie strict-transport-security te trailer user-agent vary via warning www-authenticate
  access-control-allow-origin access-control-request-headers access-control-request-method sec-fetch-dest
  sec-fetch-mode sec-fetch-site sec-fetch-user sec-websocket-key sec-websocket-version sec-websocket-protocol
  sec-websocket-accept sec-websocket-extensions upgrade-insecure-requests grpc-timeout grpc-status grpc-message
  grpc-encoding baggage x-request-id x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-client-cert
  x-envoy-attempt-count x-envoy-external-address x-envoy-upstream-service-time x-envoy-decorator-operation
  x-envoy-expected-rq-timeout-ms x-envoy-internal x-envoy-peer-metadata x-envoy-peer-metadata-id x-b3-traceid
  x-b3-spanid x-b3-parentspanid x-b3-sampled x-b3-flags b3 traceparent tracestate x-content-type-options
  x-frame-options x-powered-by x-requested-with
`
  .trim()
  .split(/\s+/)

export const KNOWN_NAMES: readonly string[] = [...Object.keys(ROLES), ...PLAIN]

const BUCKETS = 512

const TABLE: readonly (readonly KnownName[])[] = table()

/** The known name that these bytes spell in whatever case. They are letters, digits and other signs of a token. */
export function knownName(bytes: Uint8Array, start: number, end: number): KnownName | undefined {
  const bucket = TABLE[bucketOf(end - start, bytes[start], bytes[end - 1], bytes[(start + end) >> 1])]
  if (bucket === undefined) return undefined
  for (const known of bucket) if (spells(bytes, start, end, known.name)) return known
  return undefined
}

/** Of letters the bit that is set here makes them small; the other signs in known names have it already. */
function spells(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  const length = end - start
  if (length !== name.length) return false
  for (let index = 0; index < length; index++) {
    if (((bytes[start + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false
  }
  return true
}

function bucketOf(length: number, first = 0, last = 0, middle = 0): number {
  return (length * 37 + (first | 0x20) * 7 + (last | 0x20) * 3 + (middle | 0x20) * 61) % BUCKETS
}

function table(): readonly (readonly KnownName[])[] {
  const buckets = Array.from({ length: BUCKETS }, (): KnownName[] => [])
  for (const name of KNOWN_NAMES) {
    const last = name.length - 1
    const bucket = bucketOf(name.length, name.charCodeAt(0), name.charCodeAt(last), name.charCodeAt(name.length >> 1))
    buckets[bucket]?.push({ name, role: ROLES[name] ?? 'plain' })
  }
  return buckets
}
