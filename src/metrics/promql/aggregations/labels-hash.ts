import type { Labels } from '../../model/labels.ts'

const MASK = 0xffff_ffff_ffff_ffffn
const PRIME_1 = 0x9e37_79b1_85eb_ca87n
const PRIME_2 = 0xc2b2_ae3d_27d4_eb4fn
const PRIME_3 = 0x1656_67b1_9e37_79f9n
const PRIME_4 = 0x85eb_ca77_c2b2_ae63n
const PRIME_5 = 0x27d4_eb2f_1656_67c5n

/** What Prometheus hashes a label set to: xxHash64 of its names and values, each behind its length (model/labels, stringlabels). */
export function labelsHash(labels: Labels): bigint {
  const parts = labels.pairs.map((text) => Buffer.from(text))
  return xxHash64(Buffer.concat(parts.flatMap((part) => [sizeOf(part.length), part])))
}

/** One byte, or 255 and three more for long texts. */
function sizeOf(length: number): Buffer {
  if (length < 0xff) return Buffer.from([length])
  return Buffer.from([0xff, length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff])
}

function xxHash64(bytes: Buffer): bigint {
  let offset = 0
  let hash = PRIME_5
  if (bytes.length >= 32) {
    const lanes = [PRIME_1 + PRIME_2, PRIME_2, 0n, -PRIME_1].map((lane) => lane & MASK)
    for (; offset + 32 <= bytes.length; offset += 32)
      for (let lane = 0; lane < 4; lane++)
        lanes[lane] = round(lanes[lane] ?? 0n, bytes.readBigUInt64LE(offset + 8 * lane))
    const [a = 0n, b = 0n, c = 0n, d = 0n] = lanes
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * PRIME_1 + PRIME_4) & MASK
  }
  hash = (hash + BigInt(bytes.length)) & MASK
  for (; offset + 8 <= bytes.length; offset += 8)
    hash = (rotate(hash ^ round(0n, bytes.readBigUInt64LE(offset)), 27n) * PRIME_1 + PRIME_4) & MASK
  if (offset + 4 <= bytes.length) {
    hash = (rotate(hash ^ ((BigInt(bytes.readUInt32LE(offset)) * PRIME_1) & MASK), 23n) * PRIME_2 + PRIME_3) & MASK
    offset += 4
  }
  for (; offset < bytes.length; offset++)
    hash = (rotate(hash ^ ((BigInt(bytes[offset] ?? 0) * PRIME_5) & MASK), 11n) * PRIME_1) & MASK
  hash = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK
  hash = ((hash ^ (hash >> 29n)) * PRIME_3) & MASK
  return hash ^ (hash >> 32n)
}

function round(lane: bigint, input: bigint): bigint {
  return (rotate((lane + input * PRIME_2) & MASK, 31n) * PRIME_1) & MASK
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK
}
