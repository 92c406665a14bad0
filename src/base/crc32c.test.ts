import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

test.each([
  { name: 'nothing', bytes: [], sum: 0 },
  // RFC 3720, B.4.
  { name: '32 zeros', bytes: Array<number>(32).fill(0), sum: 0x8a9136aa },
  { name: '32 ones', bytes: Array<number>(32).fill(0xff), sum: 0x62a8ab43 },
  { name: '32 ascending', bytes: Array.from({ length: 32 }, (_, index) => index), sum: 0x46dd794e },
  { name: 'the check value', bytes: [...Buffer.from('123456789')], sum: 0xe3069283 },
])('the sum of $name', ({ bytes, sum }) => {
  expect(crc32c(Uint8Array.from(bytes))).toBe(sum)
})

test('sums of parts go on from each other', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index * 7)
  expect(crc32c(bytes, 333, 1000, crc32c(bytes, 0, 333))).toBe(crc32c(bytes))
})
