import { goQuote } from '../../base/go-quote.ts'
import { BUILTIN_FUNCTIONS } from './builtins.ts'
import {
  type BranchNode,
  type TemplateNode,
  type ListNode,
  locationOf,
  type Node,
  type Operand,
  printNode,
  type CommandNode,
  type PipeNode,
  type Tree,
} from './nodes.ts'
import { sortedEntries } from './print.ts'
import type { Templates } from './parser.ts'
import { type GoFunction, GoError, isTrue, typeName, type Value } from './values.ts'

/** Functions by name; they take the place of built-in ones. */
export type GoFunctions = Readonly<Record<string, GoFunction>>

/** What a key that a map does not have gives: nothing, the zero value of its element's type, or an error. */
export type MissingKey = 'default' | 'zero' | 'error'

/** A template failed while it ran. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** Where output goes: text of the template as it stands, values in the form that suits the place. */
export interface OutputWriter {
  text(text: string): void
  value(value: Value): void
  /** A value as it is shown, for messages. */
  print(value: Value): string
}

/** How deep templates may call templates. */
const DEPTH_MAX = 1_000

export interface ExecutionOptions {
  readonly templates: Templates
  readonly functions: GoFunctions
  readonly missingKey: MissingKey
  readonly writer: OutputWriter
}

/** Runs the template `name` on `data` (facts: golang/go src/text/template/exec.go). Throws a `TemplateError`. */
export function execute(name: string, data: Value, options: ExecutionOptions): void {
  const tree = options.templates.get(name)
  if (tree === undefined)
    throw new TemplateError(`template: ${name}: ${goQuote(name)} is an incomplete or empty template`)
  new Execution(options, { tree, depth: 0, data }).walkList(data, tree.root)
}

interface Variable {
  readonly name: string
  value: Value
}

/** The value that a pipeline hands to its next command as the last argument. */
type Final = { readonly value: Value } | undefined

type Flow = 'next' | 'break' | 'continue'

/** The types of what an operand is given to: literals are read by them, values are checked. */
const ANY = 'any'

class Execution {
  readonly #options: ExecutionOptions
  readonly #tree: Tree
  readonly #depth: number
  #variables: Variable[]
  /** What is being worked on, for messages. */
  #node: Node | ListNode | CommandNode | Operand

  constructor(options: ExecutionOptions, frame: { tree: Tree; depth: number; data: Value }) {
    this.#options = options
    this.#tree = frame.tree
    this.#depth = frame.depth
    this.#variables = [{ name: '$', value: frame.data }]
    this.#node = frame.tree.root
  }

  walkList(dot: Value, list: ListNode): Flow {
    for (const node of list.nodes) {
      const flow = this.#walk(dot, node)
      if (flow !== 'next') return flow
    }
    return 'next'
  }

  #walk(dot: Value, node: Node): Flow {
    this.#node = node
    switch (node.type) {
      case 'text':
        this.#options.writer.text(node.text)
        return 'next'
      case 'action': {
        const value = this.#pipeline(dot, node.pipe)
        this.#node = node
        if (node.pipe.variables.length === 0) this.#options.writer.value(value)
        return 'next'
      }
      case 'if':
      case 'with': {
        const visible = this.#variables.length
        const value = this.#pipeline(dot, node.pipe)
        const branch = isTrue(value) ? node.list : node.elseList
        const inner = node.type === 'with' && isTrue(value) ? value : dot
        const flow = branch === undefined ? 'next' : this.walkList(inner, branch)
        this.#variables.length = visible
        return flow
      }
      case 'range': {
        const visible = this.#variables.length
        const flow = this.#range(dot, node)
        this.#variables.length = visible
        return flow
      }
      case 'template':
        this.#callTemplate(dot, node)
        return 'next'
      case 'break':
      case 'continue':
        return node.type
    }
  }

  #range(dot: Value, node: BranchNode): Flow {
    const value = this.#pipeline(dot, node.pipe)
    const visible = this.#variables.length
    const entries = this.#entriesOf(value)
    for (const [key, item] of entries) {
      this.#setLoopVariables(node.pipe, key, item)
      const flow = this.walkList(item, node.list)
      this.#variables.length = visible
      if (flow === 'break') break
    }
    if (entries.length > 0 || node.elseList === undefined) return 'next'
    return this.walkList(dot, node.elseList)
  }

  #entriesOf(value: Value): readonly (readonly [Value, Value])[] {
    if (value === undefined) return []
    if (typeof value === 'bigint') {
      const count = value > 0n ? Number(value) : 0
      return Array.from({ length: count }, (_, index) => [BigInt(index), BigInt(index)] as const)
    }
    if (typeof value === 'object' && value.kind === 'list') {
      return value.items.map((item, index) => [BigInt(index), item] as const)
    }
    if (typeof value === 'object' && value.kind === 'map') return sortedEntries(value)
    return this.#fail(`range can't iterate over ${this.#options.writer.print(value)}`)
  }

  #setLoopVariables(pipe: PipeNode, key: Value, item: Value): void {
    const [first, second] = pipe.variables
    const set = (name: string | undefined, value: Value): void => {
      if (name === undefined) return
      const variable = this.#variables.findLast((present) => present.name === name)
      if (variable !== undefined) variable.value = value
    }
    if (second === undefined) set(first, item)
    else {
      set(first, key)
      set(second, item)
    }
  }

  #callTemplate(dot: Value, node: TemplateNode): void {
    const tree = this.#options.templates.get(node.name)
    if (tree === undefined) this.#fail(`template ${goQuote(node.name)} not defined`)
    if (this.#depth === DEPTH_MAX) this.#fail(`exceeded maximum template depth (${DEPTH_MAX})`)
    const data = node.pipe === undefined ? undefined : this.#pipeline(dot, node.pipe)
    new Execution(this.#options, { tree, depth: this.#depth + 1, data }).walkList(data, tree.root)
  }

  #pipeline(dot: Value, pipe: PipeNode): Value {
    this.#node = pipe
    let final: Final
    for (const command of pipe.commands) final = { value: this.#command(dot, command, final) }
    const value = final?.value
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.#assign(name, value)
      else this.#variables.push({ name, value })
    }
    return value
  }

  #assign(name: string, value: Value): void {
    const variable = this.#variables.findLast((present) => present.name === name)
    if (variable === undefined) this.#fail(`undefined variable: ${name}`)
    variable.value = value
  }

  #command(dot: Value, command: CommandNode, final: Final): Value {
    const [first, ...rest] = command.operands
    if (first === undefined) return this.#fail('empty command')
    switch (first.type) {
      case 'identifier':
        this.#node = first
        return this.#callFunction(dot, { name: first.name, node: command, operands: rest, final })
      case 'field':
        this.#node = first
        return this.#fields(dot, { receiver: dot, node: first, path: first.path, operands: rest, final })
      case 'variable': {
        this.#node = first
        const receiver = this.#variable(first.name)
        if (first.path.length > 0) {
          return this.#fields(dot, { receiver, node: first, path: first.path, operands: rest, final })
        }
        this.#refuseArguments(first, rest, final)
        return receiver
      }
      case 'chain': {
        this.#node = first
        const receiver = this.#argument(dot, ANY, first.operand)
        return this.#fields(dot, { receiver, node: first, path: first.path, operands: rest, final })
      }
      case 'pipe':
        this.#refuseArguments(first, rest, final)
        return this.#pipeline(dot, first)
      default:
        this.#node = first
        this.#refuseArguments(first, rest, final)
        if (first.type === 'nil') return this.#fail('nil is not a command')
        return this.#literal(dot, first)
    }
  }

  #literal(dot: Value, operand: Extract<Operand, { type: 'dot' | 'bool' | 'string' | 'number' }>): Value {
    switch (operand.type) {
      case 'dot':
        return dot
      case 'bool':
      case 'string':
        return operand.value
      case 'number':
        return this.#ideal(operand)
    }
  }

  /** A number where nothing says which type it is: its syntax does. */
  #ideal(operand: Extract<Operand, { type: 'number' }>): Value {
    this.#node = operand
    const { text, float, int } = operand
    const isHex = /^[+-]?0[xX]/.test(text) && !/[pP]/.test(text)
    if (float !== undefined && !isHex && !text.startsWith("'") && /[.eEpP]/.test(text)) return float
    if (int === undefined) return float
    if (int > INT64_MAX || int < -INT64_MAX - 1n) this.#fail(`${text} overflows int`)
    return int
  }

  #refuseArguments(first: Operand, rest: readonly Operand[], final: Final): void {
    if (rest.length > 0 || final !== undefined) this.#fail(`can't give argument to non-function ${printNode(first)}`)
  }

  #variable(name: string): Value {
    const variable = this.#variables.findLast((present) => present.name === name)
    if (variable === undefined) return this.#fail(`undefined variable: ${name}`)
    return variable.value
  }

  #callFunction(
    dot: Value,
    call: { name: string; node: CommandNode | Operand; operands: readonly Operand[]; final: Final },
  ): Value {
    const { name } = call
    if (name === 'and' || name === 'or') return this.#shortCircuit(dot, call)
    const called = this.#options.functions[name] ?? BUILTIN_FUNCTIONS[name]
    if (called === undefined) return this.#fail(`${goQuote(name)} is not a defined function`)
    return this.#call(dot, { ...call, called })
  }

  /** `and` and `or` look at an argument only when those before it have not decided. */
  #shortCircuit(dot: Value, call: { name: string; operands: readonly Operand[]; final: Final }): Value {
    const { name, operands, final } = call
    if (operands.length === 0 && final === undefined)
      this.#fail(`wrong number of args for ${name}: want at least 1 got 0`)
    let value: Value
    for (const operand of operands) {
      value = this.#argument(dot, ANY, operand)
      if (isTrue(value) === (name === 'or')) return value
    }
    return final === undefined ? value : final.value
  }

  #fields(
    dot: Value,
    access: { receiver: Value; node: Operand; path: readonly string[]; operands: readonly Operand[]; final: Final },
  ): Value {
    const { path, node, operands, final } = access
    let { receiver } = access
    path.forEach((name, index) => {
      const isLast = index === path.length - 1
      receiver = this.#field(dot, {
        name,
        receiver,
        node,
        operands: isLast ? operands : [],
        final: isLast ? final : undefined,
      })
    })
    return receiver
  }

  #field(
    dot: Value,
    access: { name: string; receiver: Value; node: Operand; operands: readonly Operand[]; final: Final },
  ): Value {
    const { name, receiver, node, operands, final } = access
    const { missingKey } = this.#options
    if (receiver === undefined) {
      if (missingKey === 'error') this.#fail(`nil data; no entry for key ${goQuote(name)}`)
      return undefined
    }
    if (typeof receiver === 'object' && receiver.kind !== 'uint') {
      const method =
        receiver.methods !== undefined && Object.hasOwn(receiver.methods, name) ? receiver.methods[name] : undefined
      if (method !== undefined) return this.#call(dot, { called: method, name, node, operands, final })
      const hasArguments = operands.length > 0 || final !== undefined
      if (receiver.kind === 'struct' && Object.hasOwn(receiver.fields, name)) {
        if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`)
        return receiver.fields[name]
      }
      if (receiver.kind === 'map') {
        if (hasArguments) this.#fail(`${name} is not a method but has arguments`)
        if (receiver.entries.has(name)) return receiver.entries.get(name)
        if (missingKey === 'error') this.#fail(`map has no entry for key ${goQuote(name)}`)
        return missingKey === 'zero' ? receiver.zero : undefined
      }
    }
    return this.#fail(`can't evaluate field ${name} in type ${typeName(receiver)}`)
  }

  #call(
    dot: Value,
    call: { called: GoFunction; name: string; node: CommandNode | Operand; operands: readonly Operand[]; final: Final },
  ): Value {
    const { called, name, node, operands, final } = call
    const { parameters, variadic } = called
    const given = operands.length + (final === undefined ? 0 : 1)
    if (variadic !== undefined && given < parameters.length) {
      this.#fail(`wrong number of args for ${name}: want at least ${parameters.length} got ${operands.length}`)
    }
    if (variadic === undefined && given !== parameters.length) {
      this.#fail(`wrong number of args for ${name}: want ${parameters.length} got ${given}`)
    }
    const typeAt = (index: number): string => parameters[index] ?? variadic ?? ANY
    const values = operands.map((operand, index) => this.#argument(dot, typeAt(index), operand))
    if (final !== undefined) values.push(this.#checked(final.value, typeAt(given - 1)))
    try {
      return called.call(values)
    } catch (failure) {
      if (!(failure instanceof GoError)) throw failure
      this.#node = node
      return this.#fail(`error calling ${name}: ${failure.message}`)
    }
  }

  /** An argument, read as the parameter's type asks for and checked against it. */
  #argument(dot: Value, type: string, operand: Operand): Value {
    this.#node = operand
    switch (operand.type) {
      case 'dot':
        return this.#checked(dot, type)
      case 'nil':
        if (!canBeNil(type)) this.#fail(`cannot assign nil to ${type}`)
        return undefined
      case 'pipe':
        return this.#checked(this.#pipeline(dot, operand), type)
      case 'identifier':
        return this.#checked(
          this.#callFunction(dot, { name: operand.name, node: operand, operands: [], final: undefined }),
          type,
        )
      case 'field':
      case 'variable':
      case 'chain':
        return this.#checked(
          this.#command(dot, { type: 'command', at: operand.at, operands: [operand] }, undefined),
          type,
        )
      default:
        return this.#literalAs(dot, type, operand)
    }
  }

  #literalAs(dot: Value, type: string, operand: Extract<Operand, { type: 'bool' | 'string' | 'number' }>): Value {
    const wrong = (wanted: string): never => this.#fail(`expected ${wanted}; found ${printNode(operand)}`)
    switch (type) {
      case ANY:
        return this.#literal(dot, operand)
      case 'string':
        return operand.type === 'string' ? operand.value : wrong('string')
      case 'bool':
        return operand.type === 'bool' ? operand.value : wrong('bool')
      case 'float64':
        return operand.type === 'number' && operand.float !== undefined ? operand.float : wrong('float')
      case 'int':
      case 'time.Duration':
        return operand.type === 'number' && operand.int !== undefined ? operand.int : wrong('integer')
      default:
        return this.#fail(`can't handle ${printNode(operand)} for arg of type ${type}`)
    }
  }

  #checked(value: Value, type: string): Value {
    if (type === ANY) return value
    if (value === undefined) {
      if (canBeNil(type)) return undefined
      return this.#fail(`invalid value; expected ${type}`)
    }
    if (!isAssignable(value, type)) this.#fail(`wrong type for value; expected ${type}; got ${typeName(value)}`)
    return value
  }

  #fail(message: string): never {
    const name = goQuote(this.#tree.name)
    const location = locationOf(this.#tree, this.#node.at)
    throw new TemplateError(`template: ${location}: executing ${name} at <${printNode(this.#node)}>: ${message}`)
  }
}

const INT64_MAX = (1n << 63n) - 1n

function canBeNil(type: string): boolean {
  return (
    type === ANY ||
    type.startsWith('[]') ||
    type.startsWith('map[') ||
    type.startsWith('*') ||
    type === 'template.queryResult'
  )
}

/** Types with a name of their own are taken where the type that they are made of is asked for. */
const UNDERLYING: Readonly<Record<string, string>> = {
  'template.Strings': '[]string',
  'template.KV': 'map[string]string',
}

function isAssignable(value: Value, type: string): boolean {
  const present = typeName(value)
  return present === type || UNDERLYING[present] === type
}
