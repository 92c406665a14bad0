import { type Call, childrenOf, type Expr, type ListLiteral, type MapLiteral } from './ast.ts'
import { toDuration, toTimestamp } from './conversion.ts'
import type { Issue } from './issues.ts'
import { CLAUSE_RULES, type Clause, parseFormat } from './library/text-format.ts'
import { compilePattern } from './patterns.ts'
import {
  type CelType,
  DYN,
  isDyn,
  isEquivalentType,
  isOptional,
  printType,
  type TypeKind,
  unwrapOptional,
} from './types.ts'
import { CelError, type Value } from './values.ts'

/** What a checked expression says with constants that cannot be right: google/cel-go cel/validator.go and ext/formatting.go. */
export function checkLiterals(expr: Expr): readonly Issue[] {
  const issues: Issue[] = []
  visit(expr, false, issues)
  return issues
}

/** Elements of `'…'.format([…])` may be of different types. */
function visit(expr: Expr, isFormatted: boolean, issues: Issue[]): void {
  if (expr.kind === 'list' && !isFormatted) checkList(expr, issues)
  if (expr.kind === 'map' && !isFormatted) checkMap(expr, issues)
  if (expr.kind === 'call') checkCall(expr, issues)
  const isFormat = expr.kind === 'call' && expr.resolved?.name === 'format'
  for (const child of childrenOf(expr)) visit(child, isFormatted || isFormat, issues)
}

function typeOf(expr: Expr): CelType {
  return expr.type ?? DYN
}

function mismatch(at: Expr, expected: CelType, actual: CelType): Issue {
  return { offset: at.offset, message: `expected type '${printType(expected)}' but found '${printType(actual)}'` }
}

function checkList({ elements }: ListLiteral, issues: Issue[]): void {
  let expected: CelType | undefined
  for (const { value, optional } of elements) {
    const actual = optional ? unwrapOptional(typeOf(value)) : typeOf(value)
    expected ??= actual
    if (isEquivalentType(expected, actual)) continue
    issues.push(mismatch(value, expected, actual))
    return
  }
}

function checkMap({ entries }: MapLiteral, issues: Issue[]): void {
  const [first] = entries
  if (first === undefined) return
  const valueType = (entry: typeof first): CelType =>
    entry.optional ? unwrapOptional(typeOf(entry.value)) : typeOf(entry.value)
  for (const entry of entries) {
    if (!isEquivalentType(typeOf(first.key), typeOf(entry.key))) {
      issues.push(mismatch(entry.key, typeOf(first.key), typeOf(entry.key)))
    }
    if (!isEquivalentType(valueType(first), valueType(entry))) {
      issues.push(mismatch(entry.value, valueType(first), valueType(entry)))
    }
  }
}

const CONSTANT_CHECKS: Readonly<Record<string, (value: Value) => boolean>> = {
  duration: (value) => !(toDuration(value) instanceof CelError),
  timestamp: (value) => !(toTimestamp(value) instanceof CelError),
  matches: isPattern,
}

function isPattern(value: Value): boolean {
  if (typeof value !== 'string') return true
  try {
    compilePattern(value)
    return true
  } catch {
    return false
  }
}

function checkCall(expr: Call, issues: Issue[]): void {
  const name = expr.resolved?.name ?? ''
  const [first] = expr.args
  const check = Object.hasOwn(CONSTANT_CHECKS, name) ? CONSTANT_CHECKS[name] : undefined
  if (check !== undefined && first?.kind === 'literal' && !check(first.value)) {
    issues.push({ offset: first.offset, message: `invalid ${name} argument` })
  }
  if (name === 'format' && first?.kind === 'list' && expr.target?.kind === 'literal') checkFormat(expr, first, issues)
}

function checkFormat(expr: Call, { elements }: ListLiteral, issues: Issue[]): void {
  const format = expr.target?.kind === 'literal' ? expr.target.value : undefined
  if (typeof format !== 'string') return
  const parts = parseFormat(format, elements.length)
  if (parts instanceof CelError) {
    issues.push({ offset: expr.offset, message: parts.message })
    return
  }
  const clauses = parts.filter((part): part is Clause => typeof part !== 'string')
  for (const [index, clause] of clauses.entries()) {
    const element = elements[index]?.value
    const refused = element === undefined ? undefined : refusedBy(clause, element)
    if (refused === undefined) continue
    const message = `error during formatting: ${CLAUSE_RULES[clause.verb]}, was given ${typeOf(refused).name}`
    issues.push({ offset: refused.offset, message })
    return
  }
  if (elements.length <= clauses.length) return
  const message = `too many arguments supplied to string.format (expected ${clauses.length}, got ${elements.length})`
  issues.push({ offset: expr.offset, message })
}

const ACCEPTED: Readonly<Record<Clause['verb'], readonly TypeKind[]>> = {
  s: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'],
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
}

/** The expression, or the part of it, that the clause cannot print. */
function refusedBy(clause: Clause, expr: Expr): Expr | undefined {
  const type = typeOf(expr)
  if (!isDyn(type) && (isOptional(type) || !ACCEPTED[clause.verb].includes(type.kind))) return expr
  if (clause.verb !== 's' || (expr.kind !== 'list' && expr.kind !== 'map')) return undefined
  for (const child of childrenOf(expr)) {
    const refused = refusedBy(clause, child)
    if (refused !== undefined) return refused
  }
  return undefined
}
