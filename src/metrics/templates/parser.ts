import { goQuote } from '../../base/go-quote.ts'
import { assert } from '../../base/assert.ts'
import { type Delimiters, type Token, type TokenKind, tokensOf } from './lexer.ts'
import { readNumber, unquote } from './literals.ts'
import {
  type BranchNode,
  type CommandNode,
  isEmptyList,
  type ListNode,
  type Node,
  type Operand,
  type PipeNode,
  printNode,
  type Tree,
} from './nodes.ts'

/** A template's text is malformed. */
export class TemplateParseError extends Error {
  override readonly name = 'TemplateParseError'
}

/** Templates by name. */
export type Templates = ReadonlyMap<string, Tree>

/**
 * The templates that a text defines: itself under `name`, and what it has in `define` and `block` (facts: golang/go
 * src/text/template/parse/parse.go). Only functions in `functions` may be named.
 */
export function parseTemplates(
  name: string,
  text: string,
  { functions, delimiters }: { readonly functions: ReadonlySet<string>; readonly delimiters: Delimiters },
): Templates {
  const parser = new Parser({ name, text, functions, delimiters })
  parser.parseAll()
  return parser.trees
}

/** Templates with others added. What is there stays there when the new one is empty. */
export function withTemplates(present: Templates, added: Templates): Templates {
  const merged = new Map(present)
  for (const [name, tree] of added) {
    if (!merged.has(name) || !isEmptyList(tree.root)) merged.set(name, tree)
  }
  return merged
}

/** What ends a list of nodes. */
interface ListEnd {
  readonly type: 'end' | 'else'
  readonly at: number
  /** `else if`, `else with`: what follows is a branch of its own that shares the `end`. */
  readonly branch?: 'if' | 'with'
}

function isListEnd(node: Node | ListEnd): node is ListEnd {
  return node.type === 'end' || node.type === 'else'
}

/** Tokens that can begin an operand. */
const OPERAND_STARTS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw-string',
  'string',
  'variable',
  '(',
])

class Parser {
  readonly trees = new Map<string, Tree>()
  readonly #name: string
  readonly #text: string
  readonly #functions: ReadonlySet<string>
  readonly #tokens: readonly Token[]
  #next = 0
  #variables: string[] = ['$']
  #rangeDepth = 0

  constructor(options: { name: string; text: string; functions: ReadonlySet<string>; delimiters: Delimiters }) {
    this.#name = options.name
    this.#text = options.text
    this.#functions = options.functions
    this.#tokens = tokensOf(options.text, options.delimiters)
  }

  parseAll(): void {
    const nodes: Node[] = []
    const at = this.#peek().at
    while (this.#peek().kind !== 'end') {
      const node = this.#isDefinition() ? this.#definition() : this.#textOrAction()
      if (node === undefined) continue
      if (isListEnd(node)) this.#fail(`unexpected {{${node.type}}}`)
      nodes.push(node)
    }
    this.#add(this.#name, { type: 'list', at, nodes })
  }

  #isDefinition(): boolean {
    if (this.#peek().kind !== 'left') return false
    let index = this.#next + 1
    while (this.#tokens[index]?.kind === 'space') index++
    const token = this.#tokens[index]
    return token?.kind === 'keyword' && token.text === 'define'
  }

  #definition(): undefined {
    this.#take()
    this.#takeNonSpace()
    const name = this.#templateName('define clause')
    this.#expectRight('define clause')
    this.#add(name, this.#body('define clause'))
    return undefined
  }

  /** What stands between a definition and its end: a template of its own, which sees no variables from outside. */
  #body(context: string): ListNode {
    const outside = this.#variables
    const depth = this.#rangeDepth
    this.#variables = ['$']
    this.#rangeDepth = 0
    const { list, end } = this.#list()
    if (end.type !== 'end') this.#fail(`unexpected {{${end.type}}} in ${context}`)
    this.#variables = outside
    this.#rangeDepth = depth
    return list
  }

  #add(name: string, root: ListNode): void {
    const present = this.trees.get(name)
    if (present !== undefined && !isEmptyList(present.root)) {
      if (!isEmptyList(root)) this.#fail(`template: multiple definition of template ${goQuote(name)}`)
      return
    }
    this.trees.set(name, { name, parseName: this.#name, text: this.#text, root })
  }

  #list(): { list: ListNode; end: ListEnd } {
    const nodes: Node[] = []
    const { at } = this.#peekNonSpace()
    while (this.#peekNonSpace().kind !== 'end') {
      const node = this.#textOrAction()
      if (isListEnd(node)) return { list: { type: 'list', at, nodes }, end: node }
      nodes.push(node)
    }
    return this.#fail('unexpected EOF')
  }

  #textOrAction(): Node | ListEnd {
    const token = this.#takeNonSpace()
    if (token.kind === 'text') return { type: 'text', at: token.at, text: token.text }
    if (token.kind === 'left') return this.#action()
    return this.#unexpected(token, 'input')
  }

  #action(): Node | ListEnd {
    const token = this.#peekNonSpace()
    if (token.kind !== 'keyword') return { type: 'action', at: token.at, pipe: this.#pipeline('command', 'right') }
    this.#takeNonSpace()
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.text)
      case 'end':
        return { type: 'end', at: this.#expectRight('end').at }
      case 'else':
        return this.#else()
      case 'template':
        return this.#template()
      case 'block':
        return this.#block()
      case 'break':
      case 'continue':
        return this.#loopExit(token.text, token.at)
      default:
        return this.#unexpected(token, 'command')
    }
  }

  #else(): ListEnd {
    const next = this.#peekNonSpace()
    if (next.kind === 'keyword' && (next.text === 'if' || next.text === 'with')) {
      return { type: 'else', at: next.at, branch: next.text }
    }
    return { type: 'else', at: this.#expectRight('else').at }
  }

  #loopExit(type: 'break' | 'continue', at: number): Node {
    const token = this.#peekNonSpace()
    if (token.kind !== 'right') this.#unexpected(token, `{{${type}}}`)
    this.#takeNonSpace()
    if (this.#rangeDepth === 0) this.#fail(`{{${type}}} outside {{range}}`)
    return { type, at }
  }

  #branch(type: BranchNode['type']): BranchNode {
    const visible = this.#variables.length
    const pipe = this.#pipeline(type, 'right')
    if (type === 'range') this.#rangeDepth++
    const { list, end } = this.#list()
    if (type === 'range') this.#rangeDepth--
    const elseList = end.type === 'else' ? this.#elseList(type, end) : undefined
    this.#variables.length = visible
    return { type, at: pipe.at, pipe, list, ...(elseList !== undefined && { elseList }) }
  }

  #elseList(type: BranchNode['type'], end: ListEnd): ListNode {
    if (end.branch !== undefined && end.branch === type) {
      this.#takeNonSpace()
      // The one `end` closes the inner branch and this one.
      return { type: 'list', at: end.at, nodes: [this.#branch(end.branch)] }
    }
    if (end.branch !== undefined) this.#unexpected(this.#peekNonSpace(), 'input')
    const otherwise = this.#list()
    if (otherwise.end.type !== 'end') this.#fail(`expected end; found {{${otherwise.end.type}}}`)
    return otherwise.list
  }

  #template(): Node {
    const { at } = this.#peekNonSpace()
    const name = this.#templateName('template clause')
    if (this.#peekNonSpace().kind === 'right') {
      this.#takeNonSpace()
      return { type: 'template', at, name }
    }
    return { type: 'template', at, name, pipe: this.#pipeline('template clause', 'right') }
  }

  #block(): Node {
    const { at } = this.#peekNonSpace()
    const name = this.#templateName('block clause')
    const pipe = this.#pipeline('block clause', 'right')
    this.#add(name, this.#body('block clause'))
    return { type: 'template', at, name, pipe }
  }

  #templateName(context: string): string {
    const token = this.#takeNonSpace()
    if (token.kind !== 'string' && token.kind !== 'raw-string') return this.#unexpected(token, context)
    return unquote(token.text) ?? this.#fail('invalid syntax')
  }

  #pipeline(context: string, end: 'right' | ')'): PipeNode {
    const { at } = this.#peekNonSpace()
    const { variables, isAssignment } = this.#declarations(context)
    const commands: CommandNode[] = []
    for (;;) {
      const token = this.#peekNonSpace()
      if (token.kind === end) {
        this.#takeNonSpace()
        this.#checkPipeline(commands, context)
        return { type: 'pipe', at, variables, isAssignment, commands }
      }
      if (!OPERAND_STARTS.has(token.kind)) this.#unexpected(this.#takeNonSpace(), context)
      commands.push(this.#command())
    }
  }

  #declarations(context: string): { variables: readonly string[]; isAssignment: boolean } {
    const variables: string[] = []
    for (;;) {
      const before = this.#next
      const variable = this.#takeNonSpace()
      const operator = this.#peekNonSpace()
      const isDeclaration = operator.kind === 'declare' || operator.kind === 'assign'
      if (variable.kind !== 'variable' || (!isDeclaration && operator.text !== ',')) {
        if (variables.length > 0) this.#fail('range can only initialize variables')
        this.#next = before
        return { variables, isAssignment: false }
      }
      this.#takeNonSpace()
      variables.push(variable.text)
      if (operator.kind !== 'assign') this.#variables.push(variable.text)
      if (isDeclaration) return { variables, isAssignment: operator.kind === 'assign' }
      if (context !== 'range' || variables.length > 1) this.#fail(`too many declarations in ${context}`)
    }
  }

  #checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.#fail(`missing value for ${context}`)
    commands.forEach(({ operands }, index) => {
      const first = operands[0]?.type ?? 'nil'
      if (index > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes(first)) {
        this.#fail(`non executable command in pipeline stage ${index + 1}`)
      }
    })
  }

  #command(): CommandNode {
    const operands: Operand[] = []
    const { at } = this.#peekNonSpace()
    for (;;) {
      this.#peekNonSpace()
      const operand = this.#operand()
      if (operand !== undefined) operands.push(operand)
      const token = this.#peek()
      if (token.kind === 'error') this.#fail(token.text)
      if (token.kind === 'right' || token.kind === ')') break
      this.#take()
      if (token.kind === 'pipe') break
      if (token.kind !== 'space') this.#fail(`unexpected ${describe(token)} in operand`)
    }
    if (operands.length === 0) this.#fail('empty command')
    return { type: 'command', at, operands }
  }

  #operand(): Operand | undefined {
    const term = this.#term()
    if (term === undefined || this.#peek().kind !== 'field') return term
    const { at } = this.#peek()
    const path: string[] = []
    while (this.#peek().kind === 'field') path.push(this.#take().text.slice(1))
    switch (term.type) {
      case 'field':
        return { type: 'field', at, path: [...term.path, ...path] }
      case 'variable':
        return { type: 'variable', at, name: term.name, path: [...term.path, ...path] }
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${goQuote(printNode(term))}`)
      default:
        return { type: 'chain', at, operand: term, path }
    }
  }

  #term(): Operand | undefined {
    const token = this.#peekNonSpace()
    const { at, text } = token
    if (token.kind === 'error') this.#fail(token.text)
    if (!OPERAND_STARTS.has(token.kind)) return undefined
    this.#takeNonSpace()
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) this.#fail(`function ${goQuote(text)} not defined`)
        return { type: 'identifier', at, name: text }
      case 'variable':
        if (!this.#variables.includes(text)) this.#fail(`undefined variable ${goQuote(text)}`)
        return { type: 'variable', at, name: text, path: [] }
      case 'field':
        return { type: 'field', at, path: [text.slice(1)] }
      case 'bool':
        return { type: 'bool', at, value: text === 'true' }
      case 'number':
      case 'character':
        return { type: 'number', at, text, ...(readNumber(text) ?? this.#fail(`bad number syntax: ${goQuote(text)}`)) }
      case 'string':
      case 'raw-string':
        return { type: 'string', at, text, value: unquote(text) ?? this.#fail('invalid syntax') }
      case '(':
        return this.#pipeline('parenthesized pipeline', ')')
      default:
        return { type: token.kind === 'nil' ? 'nil' : 'dot', at }
    }
  }

  #peek(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]
    assert(token !== undefined, 'there is a last token')
    return token
  }

  #take(): Token {
    const token = this.#peek()
    this.#next++
    return token
  }

  #peekNonSpace(): Token {
    while (this.#peek().kind === 'space') this.#next++
    return this.#peek()
  }

  #takeNonSpace(): Token {
    this.#peekNonSpace()
    return this.#take()
  }

  #expectRight(context: string): Token {
    const token = this.#takeNonSpace()
    return token.kind === 'right' ? token : this.#unexpected(token, context)
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind === 'error') return this.#fail(token.text)
    return this.#fail(`unexpected ${describe(token)} in ${context}`)
  }

  #fail(message: string): never {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length) - 1] ?? this.#peek()
    const line = this.#text.slice(0, token.at).split('\n').length
    throw new TemplateParseError(`template: ${this.#name}:${line}: ${message}`)
  }
}

/** A token as messages show it. */
function describe(token: Token): string {
  if (token.kind === 'end') return 'EOF'
  if (token.kind === 'keyword' || token.kind === 'dot' || token.kind === 'nil') return `<${token.text}>`
  return token.text.length > 10 ? `${goQuote(token.text.slice(0, 10))}...` : goQuote(token.text)
}
