/** What one name may have (RFC 1035, section 2.3.4). */
const LABEL_BYTES_MAX = 63
const NAME_BYTES_MAX = 255
/** The two bits that say that the rest of a name stands elsewhere in the message. */
const POINTER = 0xc0
/** A pointer has fourteen bits. */
const POINTER_OFFSET_MAX = 0x3fff

const decoder = new TextDecoder('latin1')

/** A name without its last dot: `web.shop.svc.cluster.local`. The root is empty. */
export interface ReadName {
  readonly name: string
  /** Where the next field begins. */
  readonly end: number
}

/** Reads a name; undefined where it does not hold to the rules. Pointers lead backwards only, so that none leads in circles. */
export function readName(bytes: Uint8Array, start: number): ReadName | undefined {
  const labels: string[] = []
  let at = start
  let end: number | undefined
  let length = 1
  for (;;) {
    const size = bytes[at]
    if (size === undefined) return undefined
    if (size === 0) return { name: labels.join('.'), end: end ?? at + 1 }
    if ((size & POINTER) === POINTER) {
      const low = bytes[at + 1]
      if (low === undefined) return undefined
      const target = ((size & ~POINTER) << 8) | low
      if (target >= at) return undefined
      end ??= at + 2
      at = target
      continue
    }
    length += size + 1
    if (size > LABEL_BYTES_MAX || length > NAME_BYTES_MAX || at + 1 + size > bytes.length) return undefined
    labels.push(escapeLabel(decoder.decode(bytes.subarray(at + 1, at + 1 + size))))
    at += size + 1
  }
}

/** The bytes of a name; what was written before in the same message is pointed to. `offsets` remembers where that is. */
export function* nameBytes(name: string, at: number, offsets: Map<string, number>): Generator<number> {
  const labels = splitLabels(name)
  for (let index = 0; index < labels.length; index++) {
    const rest = labels.slice(index).join('.').toLowerCase()
    const known = offsets.get(rest)
    if (known !== undefined) {
      yield (known >> 8) | POINTER
      yield known & 0xff
      return
    }
    if (at <= POINTER_OFFSET_MAX) offsets.set(rest, at)
    const bytes = unescapeLabel(labels[index] ?? '').subarray(0, LABEL_BYTES_MAX)
    yield bytes.length
    yield* bytes
    at += bytes.length + 1
  }
  yield 0
}

/** Dots and backslashes within a label are written with a backslash. */
function escapeLabel(label: string): string {
  return /[\\.]/.test(label) ? label.replaceAll(/[\\.]/g, String.raw`\$&`) : label
}

export function splitLabels(name: string): readonly string[] {
  if (name === '') return []
  return name.includes('\\') ? (name.match(/(?:\\.|[^.\\])+/gs) ?? []) : name.split('.')
}

function unescapeLabel(label: string): Uint8Array {
  return Buffer.from(label.replaceAll(/\\(.)/gs, '$1'), 'latin1')
}
