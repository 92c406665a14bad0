/** sigs.k8s.io/json internal/golang/encoding/json/kubernetes_patch.go */
const DUPLICATES_MAX = 100

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

interface Container {
  /** Undefined for a list. */
  readonly keys: Set<string> | undefined
  /** The key or index of the value that is being read. */
  at: string | number
}

/**
 * The keys that occur twice in one object of a JSON text, as strict validation words them: `duplicate field "spec.replicas"`.
 * The text must be valid: what JSON.parse accepts is scanned here once more, without building anything.
 */
export function findDuplicates(text: string): readonly string[] {
  const found: string[] = []
  const stack: Container[] = []
  let index = 0
  while (index < text.length) {
    const top = stack.at(-1)
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index)
        const key = top?.keys === undefined ? undefined : keyAt(text, index, end)
        if (key !== undefined && top?.keys !== undefined) {
          top.at = key
          if (top.keys.has(key) && found.length < DUPLICATES_MAX) {
            found.push(`duplicate field ${JSON.stringify(printPath(stack))}`)
          }
          top.keys.add(key)
        }
        index = end
        break
      }
      case OPEN_OBJECT:
        stack.push({ keys: new Set(), at: '' })
        break
      case OPEN_LIST:
        stack.push({ keys: undefined, at: 0 })
        break
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        stack.pop()
        break
      case COMMA:
        if (top !== undefined && typeof top.at === 'number') top.at++
        break
    }
    index++
  }
  return [...new Set(found)]
}

/** The position of the closing quote. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) return index
    if (code === BACKSLASH) index++
  }
  return text.length
}

/** A string is a key when a colon follows it. */
function keyAt(text: string, start: number, end: number): string | undefined {
  let index = end + 1
  while (index < text.length && isSpace(text.charCodeAt(index))) index++
  if (text.charCodeAt(index) !== COLON) return undefined
  const raw = text.slice(start + 1, end)
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function printPath(stack: readonly Container[]): string {
  let path = ''
  for (const { at } of stack) {
    if (typeof at === 'number') path += `[${at}]`
    else path += path === '' ? at : `.${at}`
  }
  return path
}
