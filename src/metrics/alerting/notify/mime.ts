export interface MimePart {
  readonly contentType: string
  readonly body: string
}

export interface MimeMessage {
  readonly headers: Readonly<Record<string, string>>
  /** The same in several forms; the last one is the best. */
  readonly parts: readonly MimePart[]
  readonly boundary: string
}

/** A mail in full, lines ending in CR LF (RFC 5322, 2045). */
export function mimeMessage({ headers, parts, boundary }: MimeMessage): string {
  const lines = [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${headerText(value)}`),
    `Content-Type: multipart/alternative;  boundary=${boundary}`,
    'MIME-Version: 1.0',
    '',
    ...parts.flatMap(({ contentType, body }) => [
      `--${boundary}`,
      'Content-Transfer-Encoding: quoted-printable',
      `Content-Type: ${contentType}; charset=UTF-8`,
      '',
      quotedPrintable(body),
    ]),
    `--${boundary}--`,
  ]
  return lines.join('\r\n')
}

/** Encoded words for what is no ASCII; nothing can begin a line of its own. */
function headerText(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ')
  if (/^[ -~]*$/.test(line)) return line
  return chunksOf(line, 40)
    .map((chunk) => `=?utf-8?b?${Buffer.from(chunk).toString('base64')}?=`)
    .join('\r\n ')
}

/** Pieces of at most so many bytes; no character is cut in two. */
function chunksOf(text: string, sizeMax: number): readonly string[] {
  const chunks: string[] = []
  let chunk = ''
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > sizeMax) {
      chunks.push(chunk)
      chunk = ''
    }
    chunk += character
  }
  return [...chunks, chunk]
}

const LINE_MAX = 76

/** Text whose every line is short and ASCII. */
function quotedPrintable(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => {
      let written = ''
      let current = ''
      for (const unit of unitsOf(line)) {
        if (current.length + unit.length > LINE_MAX - 1) {
          written += `${current}=\r\n`
          current = ''
        }
        current += unit
      }
      return written + current.replace(/[ \t]$/, (space) => (space === ' ' ? '=20' : '=09'))
    })
    .join('\r\n')
}

function* unitsOf(line: string): Generator<string> {
  for (const byte of Buffer.from(line)) {
    const isPlain = (byte >= 32 && byte <= 126 && byte !== 61) || byte === 9
    yield isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
}
