/** Names of fields as expressions write them: k8s.io/apiserver pkg/cel/escaping.go. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

const UNESCAPES: Readonly<Record<string, string>> = { underscores: '__', dot: '.', dash: '-', slash: '/' }

/** Undefined for a name that no expression can write. */
export function escapeName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined
  return name.replace(/__|[./-]/g, (part) => ESCAPES[part] ?? part)
}

/** Undefined for a name that `escapeName` cannot have made. */
export function unescapeName(escaped: string): string | undefined {
  if (!escaped.includes('__')) return escaped
  let valid = true
  const name = escaped.replace(/__([^_]+)__/g, (all, word: string) => {
    const meaning = UNESCAPES[word]
    if (meaning !== undefined) return meaning
    if (!RESERVED.has(word) || all.length !== escaped.length) valid = false
    return word
  })
  return valid ? name : undefined
}

export function isReserved(name: string): boolean {
  return RESERVED.has(name)
}
