import { ConfigError } from './schema.ts'

const UNITS: readonly (readonly [unit: string, sizeBytes: number])[] = [
  ['Ei', 2 ** 60],
  ['Pi', 2 ** 50],
  ['Ti', 2 ** 40],
  ['Gi', 2 ** 30],
  ['Mi', 2 ** 20],
  ['Ki', 2 ** 10],
  ['', 1],
]

/** Bytes of a size such as `15MB` or `1GiB`, both in powers of two. Throws a `ConfigError` (github.com/alecthomas/units). */
export function parseSize(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new ConfigError('units: invalid ')
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  let sum = 0
  while (rest !== '') {
    const [whole = '', amount = '', unit = ''] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? []
    if (whole === '') throw new ConfigError(`units: invalid ${text}`)
    const size = UNITS.find(([name]) => unit === `${name}B` || unit === `${name.slice(0, 1)}B`)
    if (size === undefined) throw new ConfigError(`units: unknown unit ${unit} in ${text}`)
    sum += Number(amount) * size[1]
    rest = rest.slice(whole.length)
  }
  return Math.trunc(negative ? -sum : sum)
}

/** `15MiB`, `1GiB512MiB`. */
export function printSize(sizeBytes: number): string {
  let rest = Math.abs(sizeBytes)
  let text = sizeBytes < 0 ? '-' : ''
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    if (count === 0) continue
    text += `${count}${unit}B`
    rest -= count * size
  }
  return text === '' ? '0B' : text
}
