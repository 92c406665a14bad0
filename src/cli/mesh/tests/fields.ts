import { UserError } from '../../../base/user-error.ts'
import { closest } from '../../suggest.ts'

/** A part of a file of tests, read strictly: a field that nobody knows is a slip, not silence. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>
  readonly #where: string

  constructor(value: unknown, where: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where, 'this is no object')
    this.#value = value as Readonly<Record<string, unknown>>
    this.#where = where
    for (const name of Object.keys(value)) {
      if (known.includes(name)) continue
      const meant = closest(name, known)
      throw wrong(where, `there is no field "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
    }
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null
  }

  raw(name: string): unknown {
    return this.#value[name]
  }

  text(name: string): string | undefined {
    if (!this.has(name)) return undefined
    const value = this.#value[name]
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw wrong(this.#where, `"${name}" is no text`)
  }

  number(name: string): number | undefined {
    if (!this.has(name)) return undefined
    const value = this.#value[name]
    if (typeof value === 'number') return value
    throw wrong(this.#where, `"${name}" is no number`)
  }

  flag(name: string): boolean | undefined {
    if (!this.has(name)) return undefined
    const value = this.#value[name]
    if (typeof value === 'boolean') return value
    throw wrong(this.#where, `"${name}" is neither true nor false`)
  }

  list(name: string): readonly unknown[] {
    if (!this.has(name)) return []
    const value = this.#value[name]
    return Array.isArray(value) ? value : [value]
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value) => {
      if (typeof value === 'string') return value
      throw wrong(this.#where, `"${name}" holds what is no text`)
    })
  }

  /** Texts such as `set x-page: new`, which YAML takes for an object unless they are quoted. */
  lines(name: string): readonly string[] {
    return this.list(name).map((value) => {
      if (typeof value === 'string') return value
      const [entry, ...others] = typeof value === 'object' && value !== null ? Object.entries(value) : []
      if (entry === undefined || others.length > 0) throw wrong(this.#where, `"${name}" holds what is no text`)
      return `${entry[0]}: ${String(entry[1])}`
    })
  }

  /** Texts by key, as headers are. */
  map(name: string): Readonly<Record<string, string>> {
    if (!this.has(name)) return {}
    const value = this.#value[name]
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong(this.#where, `"${name}" is no object`)
    return Object.fromEntries(Object.entries(value as object).map(([key, text]) => [key, String(text)]))
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '') throw wrong(this.#where, `"${name}" is not set`)
    return value
  }
}

export function wrong(where: string, why: string): UserError {
  return new UserError('DABBA_MESH_TEST', {
    message: `${where}: ${why}`,
    hint: 'See docs/mesh.md for what a test says',
  })
}
