/** What a client asks for in the first message of TLS, as far as it decides where the connection goes. */
export interface ClientHello {
  /** In lower case; absent where the client names nobody. */
  readonly serverName?: string
  readonly alpn: readonly string[]
}

export type HelloReading =
  /** Nothing can be said before so many bytes are there. */
  | { readonly kind: 'incomplete'; readonly bytesNeeded: number }
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  | { readonly kind: 'invalid' }

/** envoyproxy/envoy source/extensions/filters/listener/tls_inspector/tls_inspector.h: TLS_MAX_CLIENT_HELLO. */
export const HELLO_BYTES_MAX = 16 * 1024

const RECORD_HEADER_BYTES = 5
const HANDSHAKE_RECORD = 22
const HANDSHAKE_HEADER_BYTES = 4
const CLIENT_HELLO = 1
const EXTENSION = { serverName: 0, alpn: 16 } as const
const HOST_NAME = 0

/** Whether bytes could be the start of TLS: a handshake record of any version of its layer. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes[0] === HANDSHAKE_RECORD && (bytes.length < 2 || bytes[1] === 3)
}

/**
 * Reads the first message of RFC 8446, section 4.1.2 (and of RFC 5246, which has the same form):
 *
 *     record(22, version, length) [ handshake(1, length) [ version random session ciphers compressions extensions ] ]
 *
 * The message may go on over several records. Bytes after it do not matter.
 */
export function readClientHello(bytes: Uint8Array): HelloReading {
  const message = joinedRecords(bytes)
  if (!(message instanceof Uint8Array)) return message
  const body = new Reader(message.subarray(HANDSHAKE_HEADER_BYTES))
  // Version and random.
  body.skip(2 + 32)
  // Session, cipher suites, compressions.
  body.take(1)
  body.take(2)
  body.take(1)
  const extensions = body.isAtEnd ? EMPTY : body.take(2)
  if (body.isBroken) return { kind: 'invalid' }
  const hello = readExtensions(new Reader(extensions))
  return hello === undefined ? { kind: 'invalid' } : { kind: 'hello', hello }
}

const EMPTY = new Uint8Array(0)

/** The handshake message out of its records, or why there is none. */
function joinedRecords(bytes: Uint8Array): Uint8Array | Exclude<HelloReading, { kind: 'hello' }> {
  const parts: Uint8Array[] = []
  let joinedBytes = 0
  let needed = HANDSHAKE_HEADER_BYTES
  for (let at = 0; joinedBytes < needed;) {
    if (at + RECORD_HEADER_BYTES > bytes.length) return { kind: 'incomplete', bytesNeeded: at + RECORD_HEADER_BYTES }
    if (!looksLikeTls(bytes.subarray(at))) return { kind: 'invalid' }
    const length = uint16(bytes, at + 3)
    const end = at + RECORD_HEADER_BYTES + length
    if (length === 0 || end > HELLO_BYTES_MAX) return { kind: 'invalid' }
    if (end > bytes.length) return { kind: 'incomplete', bytesNeeded: end }
    parts.push(bytes.subarray(at + RECORD_HEADER_BYTES, end))
    joinedBytes += length
    at = end
    if (joinedBytes < HANDSHAKE_HEADER_BYTES) continue
    const header = parts.length === 1 ? (parts[0] ?? EMPTY) : Buffer.concat(parts)
    if (header[0] !== CLIENT_HELLO) return { kind: 'invalid' }
    needed = HANDSHAKE_HEADER_BYTES + ((header[1] ?? 0) << 16) + uint16(header, 2)
    if (needed > HELLO_BYTES_MAX) return { kind: 'invalid' }
  }
  return (parts.length === 1 ? (parts[0] ?? EMPTY) : Buffer.concat(parts)).subarray(0, needed)
}

function readExtensions(extensions: Reader): ClientHello | undefined {
  let serverName: string | undefined
  let alpn: readonly string[] = []
  while (!extensions.isAtEnd) {
    const type = extensions.uint16()
    const content = extensions.take(2)
    if (extensions.isBroken) return undefined
    if (type === EXTENSION.serverName) serverName = readServerName(content)
    if (type === EXTENSION.alpn) alpn = readAlpn(content)
  }
  return { ...(serverName !== undefined && { serverName: serverName.toLowerCase() }), alpn }
}

/** RFC 6066, section 3: a list of names, of which only host names are defined. */
function readServerName(content: Uint8Array): string | undefined {
  const names = new Reader(new Reader(content).take(2))
  while (!names.isAtEnd) {
    const type = names.uint8()
    const name = names.take(2)
    if (!names.isBroken && type === HOST_NAME && name.length > 0) return Buffer.from(name).toString('latin1')
  }
  return undefined
}

/** RFC 7301, section 3.1. */
function readAlpn(content: Uint8Array): readonly string[] {
  const protocols: string[] = []
  const list = new Reader(new Reader(content).take(2))
  while (!list.isAtEnd) {
    const name = list.take(1)
    if (!list.isBroken) protocols.push(Buffer.from(name).toString('latin1'))
  }
  return protocols
}

/** Reads on; after the first length that leads beyond the end it stays broken and gives nothing. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  isBroken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.isBroken || this.#at === this.#bytes.length
  }

  uint8(): number {
    return this.skip(1)[0] ?? 0
  }

  uint16(): number {
    return uint16(this.skip(2), 0)
  }

  /** What is behind a length of so many bytes. */
  take(lengthBytes: 1 | 2): Uint8Array {
    return this.skip(lengthBytes === 1 ? this.uint8() : this.uint16())
  }

  skip(count: number): Uint8Array {
    if (this.isBroken || this.#at + count > this.#bytes.length) {
      this.isBroken = true
      return EMPTY
    }
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
