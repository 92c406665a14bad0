import { compareText } from '../../base/compare-text.ts'
import { Labels } from './labels.ts'

/** Labels under change. An empty value is no label, here as everywhere. */
export class LabelBuilder {
  readonly #values: Map<string, string>

  constructor(base: Labels = Labels.empty) {
    this.#values = new Map(base)
  }

  get(name: string): string {
    return this.#values.get(name) ?? ''
  }

  set(name: string, value: string): void {
    if (value === '') this.#values.delete(name)
    else this.#values.set(name, value)
  }

  delete(name: string): void {
    this.#values.delete(name)
  }

  /** What is there now, in no particular order: changes made while walking over it are not seen. */
  entries(): (readonly [name: string, value: string])[] {
    return [...this.#values]
  }

  build(): Labels {
    const pairs: string[] = []
    for (const name of [...this.#values.keys()].sort(compareText)) pairs.push(name, this.#values.get(name) ?? '')
    return new Labels(pairs)
  }
}
