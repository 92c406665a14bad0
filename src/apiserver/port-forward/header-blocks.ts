import { createInflate } from 'node:zlib'

/** What header blocks are about, so that compression knows it beforehand (SPDY/3.1, section 2.6.10.1). */
const WORDS = [
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow',
  'authorization cache-control connection content-base content-encoding content-language content-length',
  'content-location content-md5 content-range content-type date etag expect expires from host if-match',
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma',
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade',
  'user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie',
  'keep-alive origin',
]
const PHRASES =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized' +
  '403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,' +
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

const DICTIONARY = Buffer.concat([
  ...WORDS.flatMap((line) => line.split(' ')).map((word) => prefixed(word.replace('_', ' '))),
  Buffer.from(PHRASES),
])

function prefixed(word: string): Buffer {
  const bytes = Buffer.alloc(4 + word.length)
  bytes.writeUInt32BE(word.length)
  bytes.write(word, 4)
  return bytes
}

/** Blocks of headers, which one side of a connection compresses as one stream: they are read in their order. */
export class HeaderBlockReader {
  readonly #inflate = createInflate({ dictionary: DICTIONARY })

  /** Names in lower case. Rejects when the block is broken. */
  async read(block: Uint8Array): Promise<ReadonlyMap<string, string>> {
    return headersIn(await this.#expanded(block))
  }

  close(): void {
    this.#inflate.destroy()
  }

  #expanded(block: Uint8Array): Promise<Buffer> {
    const inflate = this.#inflate
    const parts: Buffer[] = []
    const drain = (): void => {
      for (let part = inflate.read() as Buffer | null; part !== null; part = inflate.read() as Buffer | null)
        parts.push(part)
    }
    return new Promise((resolve, reject) => {
      inflate.on('readable', drain)
      inflate.once('error', reject)
      inflate.write(block, (error) => {
        drain()
        inflate.off('readable', drain)
        inflate.off('error', reject)
        if (error === null || error === undefined) resolve(Buffer.concat(parts))
      })
    })
  }
}

/** `count (length name length value)*`, all numbers of 32 bits. */
function headersIn(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  const number = (): number => {
    const value = bytes.readUInt32BE(at)
    at += 4
    return value
  }
  const text = (): string => {
    const length = number()
    if (at + length > bytes.length) throw new RangeError('a header is longer than its block')
    const value = bytes.toString('utf8', at, at + length)
    at += length
    return value
  }
  for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text())
  return headers
}

/** Begins a stream of zlib's whose blocks are stored as they are; its two bytes, then the block. */
const ZLIB_START = Uint8Array.of(0x78, 0x01)
/** No headers: a count of zero, as a stored block (RFC 1951, section 3.2.4); the empty one behind it makes Go hand it out. */
const NO_HEADERS = Uint8Array.of(0x00, 0x04, 0x00, 0xfb, 0xff, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xff, 0xff)

/** A block without headers, in the stream of blocks that this side writes. */
export function emptyHeaderBlock({ isFirst }: { readonly isFirst: boolean }): Uint8Array {
  return isFirst ? Buffer.concat([ZLIB_START, NO_HEADERS]) : NO_HEADERS
}
