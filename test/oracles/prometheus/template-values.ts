import { anyMap, type List, textMap, unsigned, type Value } from '../../../src/metrics/templates/values.ts'
import { isRecord } from '../lossless-json.ts'

/** A value as oracles write it, in the Go type that they name. */
export function goValue(type: string, value: unknown): Value {
  if (type.startsWith('[]')) {
    const items = Array.isArray(value) ? value.map((item) => goValue(type.slice(2), item)) : []
    return { kind: 'list', type, items } satisfies List
  }
  if (isRecord(value) && typeof value['int'] === 'string') return wholeNumber(type, BigInt(value['int']))
  if (value === null || value === undefined) return undefined
  if (type.startsWith('uint') || type.startsWith('int')) return wholeNumber(type, BigInt(Number(value)))
  if (type === 'float64') return floatOf(value)
  if (type === 'map[string]string') return textMap(value as Record<string, string>)
  if (isRecord(value)) return anyMap(Object.entries(value).map(([key, item]) => [key, plainValue(item)]))
  return plainValue(value)
}

export function floatOf(value: unknown): number {
  if (value === '+Inf') return Infinity
  return value === '-Inf' ? -Infinity : Number(value)
}

function wholeNumber(type: string, value: bigint): Value {
  return type.startsWith('uint') ? unsigned(value) : value
}

function plainValue(value: unknown): Value {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined
}
