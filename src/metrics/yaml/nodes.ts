import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Document,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml'

/** A piece of a YAML text and where it stands. Scalars are texts still: what they mean depends on what is asked for. */
export type YamlNode = ScalarNode | ListNode | MapNode

interface Placed {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

export interface ScalarNode extends Placed {
  readonly kind: 'scalar'
  readonly text: string
  /** Written without quotes: may be a number, a boolean or nothing. */
  readonly isPlain: boolean
  /** `!!binary` and the like, if one is written. */
  readonly tag?: string
}

export interface ListNode extends Placed {
  readonly kind: 'list'
  readonly items: readonly YamlNode[]
}

export interface MapNode extends Placed {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}

export interface MapEntry {
  readonly key: ScalarNode
  readonly value: YamlNode
}

/** A text is no YAML, or not the YAML that is asked for. The message has every problem, with its line. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
  /** Where the problem is, for messages that do not say it. */
  readonly line: number | undefined

  constructor(message: string, options: ErrorOptions & { line?: number } = {}) {
    super(message, options)
    this.line = options.line
  }
}

export interface YamlText {
  /** Absent in a text without content. */
  readonly root?: YamlNode
  /** How many documents the text has; only the first one is read. */
  readonly documents: number
}

/** How many nodes a text may expand to by way of aliases. */
const NODES_MAX = 2_000_000

/** Reads a text. Throws a `YamlError` when it is malformed. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    version: '1.1',
  })
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : []
  const [document] = documents
  if (document === undefined) return { documents: 0 }
  const [error] = document.errors
  if (error !== undefined) {
    throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`, { cause: error })
  }
  if (document.contents === null) return { documents: documents.length }
  return { root: new Reader(document, lines).read(document.contents), documents: documents.length }
}

class Reader {
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #known = new Map<Node, YamlNode>()
  #nodes = 0

  constructor(document: Document, lines: LineCounter) {
    this.#document = document
    this.#lines = lines
  }

  read(node: Node): YamlNode {
    const known = this.#known.get(node)
    if (known !== undefined) return known
    const read = this.#readNew(node)
    this.#known.set(node, read)
    return read
  }

  #readNew(node: Node): YamlNode {
    const at = this.#placeOf(node)
    if (++this.#nodes > NODES_MAX) throw new YamlError('yaml: document contains excessive aliasing')
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target === undefined) throw new YamlError(`yaml: unknown anchor '${node.source}' referenced`)
      return this.read(target)
    }
    if (isSeq(node)) return { kind: 'list', ...at, items: node.items.map((item) => this.read(item as Node)) }
    if (isMap(node)) return { kind: 'map', ...at, entries: this.#entries(node) }
    if (!isScalar(node)) throw new YamlError(`yaml: line ${at.line}: unexpected content`)
    const text = typeof node.value === 'string' ? node.value : ''
    return {
      kind: 'scalar',
      ...at,
      text,
      isPlain: node.type === 'PLAIN' || node.type === undefined,
      ...(node.tag !== undefined && { tag: node.tag }),
    }
  }

  /** The pairs of a mapping; those that it merges in by `<<` come first, so that its own have the last word. */
  #entries(map: YAMLMap): readonly MapEntry[] {
    const own: MapEntry[] = []
    const merged: MapEntry[] = []
    for (const pair of map.items) {
      const key = this.read(pair.key as Node)
      if (key.kind !== 'scalar') throw new YamlError(`yaml: line ${key.line}: invalid map key`)
      const value = pair.value === null ? emptyAfter(key) : this.read(pair.value as Node)
      if (key.isPlain && key.text === '<<') merged.push(...mergedEntries(value))
      else own.push({ key, value })
    }
    const names = new Set(own.map(({ key }) => key.text))
    return [...merged.filter(({ key }) => !names.has(key.text)), ...own]
  }

  #placeOf(node: Node): Placed {
    const { line, col } = this.#lines.linePos(node.range?.[0] ?? 0)
    return { line, column: col }
  }
}

function emptyAfter({ line, column }: Placed): ScalarNode {
  return { kind: 'scalar', line, column, text: '', isPlain: true }
}

function mergedEntries(value: YamlNode): readonly MapEntry[] {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list') return value.items.flatMap(mergedEntries)
  throw new YamlError('yaml: map merge requires map or sequence of maps as the value')
}

/** Nothing is written: `key:`, `key: ~`, `key: null`. */
export function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.isPlain && /^(?:~|null|Null|NULL|)$/.test(node.text))
}

/** The value of a key; the last one counts. */
export function valueOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.findLast((entry) => entry.key.text === key)?.value : undefined
}
