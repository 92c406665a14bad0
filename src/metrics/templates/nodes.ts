import { goQuote } from '../../base/go-quote.ts'

/** A template that was parsed: the one whose text it is, or one defined inside it. */
export interface Tree {
  readonly name: string
  /** The name under which the text was parsed, for messages. */
  readonly parseName: string
  readonly text: string
  readonly root: ListNode
}

/** `at` is an index into the tree's text. */
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | LoopExitNode

export interface ListNode {
  readonly type: 'list'
  readonly at: number
  readonly nodes: readonly Node[]
}

export interface TextNode {
  readonly type: 'text'
  readonly at: number
  readonly text: string
}

export interface ActionNode {
  readonly type: 'action'
  readonly at: number
  readonly pipe: PipeNode
}

export interface BranchNode {
  readonly type: 'if' | 'with' | 'range'
  readonly at: number
  readonly pipe: PipeNode
  readonly list: ListNode
  readonly elseList?: ListNode
}

export interface TemplateNode {
  readonly type: 'template'
  readonly at: number
  readonly name: string
  readonly pipe?: PipeNode
}

export interface LoopExitNode {
  readonly type: 'break' | 'continue'
  readonly at: number
}

export interface PipeNode {
  readonly type: 'pipe'
  readonly at: number
  /** Variables that take the value: `$x := …`, `$x = …`. */
  readonly variables: readonly string[]
  readonly isAssignment: boolean
  readonly commands: readonly CommandNode[]
}

export interface CommandNode {
  readonly type: 'command'
  readonly at: number
  readonly operands: readonly Operand[]
}

export type Operand =
  | { readonly type: 'identifier'; readonly at: number; readonly name: string }
  | { readonly type: 'field'; readonly at: number; readonly path: readonly string[] }
  | { readonly type: 'variable'; readonly at: number; readonly name: string; readonly path: readonly string[] }
  | { readonly type: 'chain'; readonly at: number; readonly operand: Operand; readonly path: readonly string[] }
  | { readonly type: 'dot'; readonly at: number }
  | { readonly type: 'nil'; readonly at: number }
  | { readonly type: 'bool'; readonly at: number; readonly value: boolean }
  | {
      readonly type: 'number'
      readonly at: number
      readonly text: string
      readonly float?: number
      readonly int?: bigint
    }
  | { readonly type: 'string'; readonly at: number; readonly text: string; readonly value: string }
  | PipeNode

/** A node as it is shown in messages: in the words of the template, spaces evened out. */
export function printNode(node: Node | ListNode | CommandNode | Operand): string {
  switch (node.type) {
    case 'list':
      return node.nodes.map(printNode).join('')
    case 'text':
      return node.text
    case 'action':
      return `{{${printNode(node.pipe)}}}`
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${printNode(node.elseList)}`
      return `{{${node.type} ${printNode(node.pipe)}}}${printNode(node.list)}${otherwise}{{end}}`
    }
    case 'template':
      return `{{template ${goQuote(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`
    case 'break':
    case 'continue':
      return `{{${node.type}}}`
    case 'command':
      return node.operands
        .map((operand) => (operand.type === 'pipe' ? `(${printNode(operand)})` : printNode(operand)))
        .join(' ')
    default:
      return printOperand(node)
  }
}

function printOperand(operand: Operand): string {
  switch (operand.type) {
    case 'pipe': {
      const commands = operand.commands.map(printNode).join(' | ')
      if (operand.variables.length === 0) return commands
      return `${operand.variables.join(', ')} ${operand.isAssignment ? '=' : ':='} ${commands}`
    }
    case 'identifier':
      return operand.name
    case 'field':
      return operand.path.map((name) => `.${name}`).join('')
    case 'variable':
      return [operand.name, ...operand.path].join('.')
    case 'chain': {
      const inner = printOperand(operand.operand)
      const shown = operand.operand.type === 'pipe' ? `(${inner})` : inner
      return `${shown}${operand.path.map((name) => `.${name}`).join('')}`
    }
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(operand.value)
    case 'number':
    case 'string':
      return operand.text
  }
}

/** Where a node stands: `name:line:column`, the column in bytes from 0. */
export function locationOf(tree: Tree, at: number): string {
  const before = tree.text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  const line = before.split('\n').length
  return `${tree.parseName}:${line}:${Buffer.byteLength(before.slice(lineStart))}`
}

/** Nothing but white space: such a template does not take the place of one that was defined before. */
export function isEmptyList(list: ListNode): boolean {
  return list.nodes.every((node) => node.type === 'text' && node.text.trim() === '')
}
