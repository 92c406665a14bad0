import { DurationError, parseDuration } from '../model/duration.ts'

/** A flag of a program as people know it: `--storage.tsdb.path=data/`. Without a placeholder it is a switch. */
export interface ProgramFlag {
  readonly description: string
  readonly placeholder?: string
  readonly default?: string
  readonly repeated?: boolean
}

export type ProgramFlags = Readonly<Record<string, ProgramFlag>>

/** What was given, as text; a switch is `'true'` or `'false'`. Repeated flags are lists. */
export type FlagTexts = Readonly<Record<string, string | readonly string[] | undefined>>

/** Arguments that a program does not take, in the words of the parser that Prometheus' programs use (kingpin). */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

/** Reads arguments as Prometheus' programs do: `--name=value`, `--name value`, switches also as `--no-name`. */
export function parseProgramFlags(flags: ProgramFlags, argv: readonly string[]): FlagTexts {
  const given = new Map<string, string[]>()
  const rest = [...argv]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (!argument.startsWith('--')) throw new FlagError(`unexpected ${argument}`)
    const { name, value } = readFlag(argument, { flags, next: () => rest.shift() })
    const values = given.get(name) ?? []
    if (values.length > 0 && flags[name]?.repeated !== true) throw new FlagError(`flag '${name}' cannot be repeated`)
    given.set(name, [...values, value])
  }
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      const values = given.get(name)
      if (flag.repeated === true) return [name, values ?? (flag.default === undefined ? [] : [flag.default])]
      return [name, values?.[0] ?? flag.default ?? (flag.placeholder === undefined ? 'false' : undefined)]
    }),
  )
}

function readFlag(
  argument: string,
  { flags, next }: { readonly flags: ProgramFlags; next(): string | undefined },
): { readonly name: string; readonly value: string } {
  const [, name = '', hasValue, text = ''] = /^--([^=]*)(=?)([^]*)$/.exec(argument) ?? []
  const negated = name.startsWith('no-') ? name.slice('no-'.length) : ''
  if (Object.hasOwn(flags, negated) && flags[negated]?.placeholder === undefined)
    return { name: negated, value: 'false' }
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined
  if (flag === undefined) throw new FlagError(`unknown long flag '--${name}'`)
  if (flag.placeholder === undefined) {
    if (hasValue === '=' && text !== 'true' && text !== 'false') throw new FlagError(`unexpected ${text}`)
    return { name, value: hasValue === '=' ? text : 'true' }
  }
  const value = hasValue === '=' ? text : next()
  if (value === undefined) throw new FlagError(`expected argument for flag '--${name}'`)
  return { name, value }
}

/** Typed reading of what was given. */
export class FlagReader {
  readonly #texts: FlagTexts

  constructor(texts: FlagTexts) {
    this.#texts = texts
  }

  /** `''` when it was not given and has no default. */
  text(name: string): string {
    const value = this.#texts[name]
    return typeof value === 'string' ? value : ''
  }

  texts(name: string): readonly string[] {
    const value = this.#texts[name]
    return typeof value === 'object' ? value : []
  }

  isOn(name: string): boolean {
    return this.text(name) === 'true'
  }

  /** Milliseconds; `undefined` when it was not given. */
  durationMs(name: string): number | undefined {
    const text = this.text(name)
    if (text === '') return undefined
    try {
      return parseDuration(text)
    } catch (error) {
      if (!(error instanceof DurationError)) throw error
      throw new FlagError(`invalid value ${JSON.stringify(text)} for flag '--${name}': ${error.message}`)
    }
  }

  integer(name: string): number {
    const text = this.text(name)
    if (!/^[+-]?\d+$/.test(text)) throw new FlagError(`invalid value ${JSON.stringify(text)} for flag '--${name}'`)
    return Number(text)
  }

  /** Every flag with its value, as `/status/flags` lists them. */
  all(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(this.#texts).map(([name, value]) => [
        name,
        typeof value === 'object' ? value.join(',') : (value ?? ''),
      ]),
    )
  }
}

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4, PB: 5, EB: 6 }

/** Bytes of `512MB`: powers of 1024, as Prometheus has them. */
export function parseSize(text: string, flag: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|TB|PB|EB)$/.exec(text) ?? []
  const power = SIZE_UNITS[unit]
  if (power === undefined)
    throw new FlagError(`invalid value ${JSON.stringify(text)} for flag '--${flag}': units: unknown unit`)
  return Number(amount) * 1_024 ** power
}
