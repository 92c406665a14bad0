/** The letters that names and labels are made of: no vowels, so no words (k8s.io/apimachinery pkg/util/rand). */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * A short hash of a JSON-shaped value, as pod templates and revisions carry it in names and labels: FNV-1a over the
 * value written with its keys in order, then over `probe`, which tells colliding values apart. Equal values hash alike,
 * whatever the order of their keys.
 */
export function safeHash(value: unknown, probe = ''): string {
  const hash = fnv(probe, fnv(canonical(value), FNV_OFFSET))
  return encodeSafely(String(hash >>> 0))
}

function fnv(text: string, start: number): number {
  let hash = start
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, FNV_PRIME)
  return hash
}

/** Replaces each letter by a safe one: k8s.io/apimachinery pkg/util/rand SafeEncodeString. */
function encodeSafely(text: string): string {
  let encoded = ''
  for (let index = 0; index < text.length; index++) encoded += LETTERS[text.charCodeAt(index) % LETTERS.length]
  return encoded
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isPlainObject(part) ? sorted(part) : part)) ?? ''
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(value).toSorted()
  return Object.fromEntries(keys.map((key) => [key, value[key]]))
}
