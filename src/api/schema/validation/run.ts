import { type Cause, invalidValue } from '../../errors.ts'
import type { Correlation } from '../correlation.ts'

/** A step from a value to one in it: a declared property, a key that a rule for all keys covers, or an index. */
export type Step = { readonly property: string } | string | number

/** What is wrong, and how much was right: of several schemas that fail, the one with most matches explains best. */
export interface Outcome {
  /** Left empty where nobody wants to know what is wrong. */
  readonly causes: Cause[]
  isValid: boolean
  matches: number
}

function newOutcome(): Outcome {
  return { causes: [], isValid: true, matches: 0 }
}

/** Checks one value; says what is wrong with it to the run. */
export type Check = (value: unknown, run: Run) => void

/** One validation of one value: where it is, and what it found. The path is put into words only for errors. */
export class Run {
  readonly #steps: Step[] = []
  #outcome = newOutcome()
  #isQuiet = false
  /** What the value that is looked at was before; undefined where nothing of the past counts. */
  #correlation: Correlation | undefined

  readonly #base: string

  /** `base` is where the value stands: fields are named from there, though messages are not. */
  constructor(base: string, correlation?: Correlation) {
    this.#base = base
    this.#correlation = correlation
  }

  get causes(): readonly Cause[] {
    return this.#outcome.causes
  }

  /** The path as it stands in messages: a key below the root begins with a dot. */
  get path(): string {
    let path = ''
    for (const step of this.#steps) {
      if (typeof step === 'number') path += `[${step}]`
      else if (typeof step === 'string') path += `.${step}`
      else path += path === '' ? step.property : `.${step.property}`
    }
    return path
  }

  /** The path as the field of a cause. */
  get field(): string {
    return this.fieldOf(this.path)
  }

  /** No field at all prints as Go prints none. */
  fieldOf(path: string): string {
    const field = path.startsWith('.') ? path.slice(1) : path
    if (field === '') return this.#base === '' ? '<nil>' : this.#base
    return this.#base === '' ? field : `${this.#base}.${field}`
  }

  /** The same thing is said once. Words are found only where somebody reads them. */
  fail(describe: () => Cause): void {
    const { causes } = this.#outcome
    this.#outcome.isValid = false
    if (this.#isQuiet) return
    const cause = describe()
    if (!causes.some(({ field, message }) => field === cause.field && message === cause.message)) causes.push(cause)
  }

  /** Something that is wrong, but not with one field. */
  failPlainly(describe: () => string): void {
    this.fail(() => invalidValue(this.fieldOf(''), '', describe()))
  }

  /** Something that was checked, whether it was right or not; upstream counts so. */
  match(): void {
    this.#outcome.matches++
  }

  /** Checks a value below. Errors of one that has not changed are excused. */
  descend(step: Step, value: unknown, check: Check): void {
    const parent = this.#correlation
    this.#steps.push(step)
    this.#correlation = parent === undefined ? undefined : this.#correlate(parent, step)
    if (this.#correlation === undefined) check(value, this)
    else this.checkExcusing(value, check, this.#correlation)
    this.#correlation = parent
    this.#steps.pop()
  }

  checkExcusing(value: unknown, check: Check, correlation: Correlation): void {
    const outcome = this.#collect(value, check)
    const isExcused = !outcome.isValid && correlation.isEqual()
    this.merge(isExcused ? { ...newOutcome(), matches: outcome.matches } : outcome)
  }

  /** Checks the value by itself: the past excuses nothing there. `quietly` finds out only whether it is right. */
  attempt(value: unknown, check: Check, { quietly = false }: { readonly quietly?: boolean } = {}): Outcome {
    const correlation = this.#correlation
    const isQuiet = this.#isQuiet
    this.#correlation = undefined
    this.#isQuiet ||= quietly
    const outcome = this.#collect(value, check)
    this.#isQuiet = isQuiet
    this.#correlation = correlation
    return outcome
  }

  merge({ causes, isValid, matches }: Outcome): void {
    for (const cause of causes) this.fail(() => cause)
    this.#outcome.isValid &&= isValid
    this.#outcome.matches += matches
  }

  #collect(value: unknown, check: Check): Outcome {
    const outer = this.#outcome
    const outcome = newOutcome()
    this.#outcome = outcome
    check(value, this)
    this.#outcome = outer
    return outcome
  }

  #correlate(parent: Correlation, step: Step): Correlation | undefined {
    if (typeof step === 'number') return parent.index(step)
    const field = typeof step === 'string' ? step : step.property
    // Both sides were converted to one version, so a change of it cannot be seen.
    return this.#steps.length === 1 && (field === 'apiVersion' || field === 'kind') ? undefined : parent.key(field)
  }
}
