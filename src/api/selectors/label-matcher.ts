import type { Cause } from '../errors.ts'
import {
  compileRequirement,
  printRequirement,
  validateRequirement,
  type LabelRequirement,
  type Labels,
} from './requirement.ts'

/**
 * A label selector, compiled once and asked often. All requirements must hold; without any, everything matches.
 * Neither parsing nor an API object leads to `NOTHING` except a LabelSelector that is absent.
 */
export class LabelMatcher {
  readonly requirements: readonly LabelRequirement[]
  readonly matches: (labels: Labels | undefined) => boolean
  #text: string | undefined

  /** `requirements` must be valid. They are sorted by key, so that equal selectors print alike. */
  constructor(requirements: readonly LabelRequirement[]) {
    this.requirements = requirements.toSorted((left, right) => compareText(left.key, right.key))
    this.matches = compile(this.requirements)
  }

  /** True when it restricts nothing. */
  get isEmpty(): boolean {
    return this.requirements.length === 0 && this !== NOTHING
  }

  /** The one value that the label must have, where the selector demands a single one. */
  exactValueOf(key: string): string | undefined {
    const requirement = this.requirements.find((one) => one.key === key)
    if (requirement === undefined || !['=', '==', 'in'].includes(requirement.operator)) return undefined
    return requirement.values.length === 1 ? requirement.values[0] : undefined
  }

  toString(): string {
    return (this.#text ??= this.requirements.map(printRequirement).join(','))
  }
}

/** Matches all labels. */
export const EVERYTHING = new LabelMatcher([])

/** Matches no labels, and so no objects. */
export const NOTHING: LabelMatcher = Object.assign(new LabelMatcher([]), { matches: () => false })

/** A selector cannot be understood, or breaks a rule; the message is upstream's. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError'
  readonly causes: readonly Cause[]

  constructor(message: string, causes: readonly Cause[] = []) {
    super(message)
    this.causes = causes
  }

  static of(causes: readonly Cause[]): SelectorError {
    const messages = causes.map(({ field, message }) => `${field}: ${message}`)
    const [first = ''] = messages
    return new SelectorError(messages.length === 1 ? first : `[${messages.join(', ')}]`, causes)
  }
}

/** Throws a `SelectorError` when a requirement breaks a rule. */
export function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  for (const requirement of requirements) {
    const causes = validateRequirement(requirement)
    if (causes.length > 0) throw SelectorError.of(causes)
  }
  return requirements.length === 0 ? EVERYTHING : new LabelMatcher(requirements)
}

/** A matcher for exactly these labels, as in a ReplicationController's or a Service's selector. They must be valid. */
export function matcherOfLabels(labels: Labels | undefined): LabelMatcher {
  const entries = Object.entries(labels ?? {})
  if (entries.length === 0) return EVERYTHING
  return new LabelMatcher(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

const NO_LABELS: Labels = Object.freeze({})

function compile(requirements: readonly LabelRequirement[]): (labels: Labels | undefined) => boolean {
  const [first, second, ...rest] = requirements.map(compileRequirement)
  if (first === undefined) return () => true
  if (second === undefined) return (labels = NO_LABELS) => first(labels)
  if (rest.length === 0) return (labels = NO_LABELS) => first(labels) && second(labels)
  return (labels = NO_LABELS) => {
    if (!first(labels) || !second(labels)) return false
    for (const requirement of rest) if (!requirement(labels)) return false
    return true
  }
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
