const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = (1n << 64n) - 1n

/** The 64-bit FNV-1a hash of bytes. */
export function fnv1a64(bytes: Uint8Array): bigint {
  let hash = OFFSET
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK
  return hash
}
