import type { Shape } from './shape.ts'

/** A value together with what is known of its type, and the API version that it is written for. */
export interface TypedValue {
  readonly value: unknown
  readonly shape: Shape
  readonly version: string
}

export type JsonObject = Readonly<Record<string, unknown>>

/** A value is not of its type; the message is upstream's. */
export class TypedValueError extends Error {
  override readonly name = 'TypedValueError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? (problems[0] ?? '') : ['errors:', ...problems.map((one) => `  ${one}`)].join('\n'))
    this.problems = problems
  }
}

export function asMap(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
