import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ScalarTag,
  visit,
  type YAMLMap,
  YAMLParseError,
} from 'yaml'

/** One document of a YAML stream, as Kubernetes reads it. */
export interface YamlDocument {
  readonly value: unknown
  /** Where it starts, from 1. */
  readonly line: number
  /** Keys that occur twice in one map, in the words of strict validation. */
  readonly duplicates: readonly string[]
  /** The line where what a path of keys and indices leads to starts; of a path that leads nowhere, as far as it goes. */
  readonly lineOf: (path: readonly (string | number)[]) => number
}

/** The text is not YAML; the message is like Go's, with the line. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
  readonly line: number | undefined

  constructor(line: number | undefined, message: string) {
    super(line === undefined ? `yaml: ${message}` : `yaml: line ${line}: ${message}`)
    this.line = line
  }
}

/** A text that holds one document; an empty one reads as null. */
export function parseYaml(text: string): YamlDocument {
  const [first] = parseYamlDocuments(text)
  return first ?? { value: null, line: 1, duplicates: [], lineOf: () => 1 }
}

/** All documents of a stream but empty ones. */
export function parseYamlDocuments(text: string): readonly YamlDocument[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    customTags: (texts) => [...texts, ...WORDS],
    merge: true,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  })
  if (!Array.isArray(documents)) return []
  const read: YamlDocument[] = []
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) throw yamlError(error, lines)
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue
    const start = document.contents.range?.[0] ?? 0
    read.push({
      value: toJson(document, lines),
      line: lines.linePos(start).line,
      duplicates: duplicateKeys(document, lines),
      lineOf: (path) => lines.linePos(startOf(document, path)).line,
    })
  }
  return read
}

const NULL_WORD = /^(?:~|[Nn]ull|NULL)?$/
const BOOL_WORD = /^(?:y|Y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON|n|N|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/
const TRUE_WORD = /^(?:y|Y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/
/** Go reads integers by their prefix: 0x, 0o, 0b, and a mere 0 for octal. */
const INT_WORD = /^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|0|[1-9][0-9_]*)$/
/** The exponent must have a sign: `1e3` is a text. */
const FLOAT_WORD = /^[-+]?[0-9]*\.?[0-9]+(?:[eE][-+][0-9]+)?$|^[-+]?[0-9]+\.(?:[eE][-+][0-9]+)?$/

/**
 * What plain words mean: YAML 1.1 as Go's parser has it, without its sexagesimal numbers (`22:22` is a text) and without
 * dates.
 */
const WORDS: readonly (ScalarTag | 'merge')[] = [
  { tag: 'tag:yaml.org,2002:null', default: true, test: NULL_WORD, resolve: () => null },
  { tag: 'tag:yaml.org,2002:bool', default: true, test: BOOL_WORD, resolve: (text) => TRUE_WORD.test(text) },
  { tag: 'tag:yaml.org,2002:int', default: true, test: INT_WORD, resolve: readInteger },
  { tag: 'tag:yaml.org,2002:float', default: true, test: FLOAT_WORD, resolve: Number },
  'merge',
]

function readInteger(text: string): unknown {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '')
  const octal = /^0[0-7]+$/.test(digits)
  const size = Number(octal ? `0o${digits.slice(1)}` : digits.toLowerCase())
  return text.startsWith('-') ? -size : size
}

/** Keys of JSON are texts, whatever they are in YAML. */
function toJson(document: Document.Parsed, lines: LineCounter): unknown {
  try {
    return document.toJS({ maxAliasCount: 1000 })
  } catch (failure) {
    const at = document.contents?.range?.[0] ?? 0
    throw new YamlError(lines.linePos(at).line, failure instanceof Error ? failure.message : String(failure))
  }
}

/** Of a field it is where its key starts, as that is what a reader looks for. */
function startOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let start = document.contents?.range?.[0] ?? 0
  let node: unknown = document.contents
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined
    const next = pair?.value ?? (isSeq(node) && typeof step === 'number' ? node.items[step] : undefined)
    if (!isNode(next)) break
    start = (isNode(pair?.key) ? pair.key : next).range?.[0] ?? start
    node = next
  }
  return start
}

function duplicateKeys(document: Document.Parsed, lines: LineCounter): readonly string[] {
  const found: string[] = []
  visit(document, {
    Map: (_key, map: YAMLMap) => {
      const keys = new Set<string>()
      for (const pair of map.items) {
        const key = keyOf(pair)
        if (key === undefined) continue
        if (keys.has(key)) {
          const range = isPair(pair) && isNode(pair.key) ? pair.key.range : undefined
          found.push(`line ${lines.linePos(range?.[0] ?? 0).line}: key ${JSON.stringify(key)} already set in map`)
        }
        keys.add(key)
      }
    },
  })
  return found
}

/** Undefined for a merge, of which there may be several. */
function keyOf({ key }: { readonly key: unknown }): string | undefined {
  if (isScalar(key)) return key.value === '<<' || typeof key.value === 'symbol' ? undefined : String(key.value)
  return isMap(key) ? undefined : String(key as Alias)
}

/** Where our parser and Go's find the same fault, Go's words for it. */
const GO_WORDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MISSING_CHAR: "could not find expected ':'",
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_INDENT: "did not find expected '-' indicator",
  BAD_ALIAS: 'unknown anchor referenced',
  UNEXPECTED_TOKEN: 'did not find expected node content',
}

function yamlError(
  error: { readonly code: string; readonly message: string; readonly pos: readonly number[] },
  lines: LineCounter,
): YamlError {
  const { line } = lines.linePos(error.pos[0] ?? 0)
  const message = error instanceof YAMLParseError ? (GO_WORDS[error.code] ?? error.message) : error.message
  return new YamlError(line, message)
}
