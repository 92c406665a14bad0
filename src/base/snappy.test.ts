import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { snappyCompress, snappyLength, snappyUncompress } from './snappy.ts'

const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(60)), { maxLength: 40 })
  .map((parts) =>
    Uint8Array.from(
      parts.flatMap(([part, times]) =>
        Array<number[]>(times)
          .fill([...part])
          .flat(),
      ),
    ),
  )

describe('snappy', () => {
  test('gives back what was compressed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive), (content) => {
        const compressed = snappyCompress(content)
        expect(snappyLength(compressed)).toBe(content.length)
        expect(snappyUncompress(compressed)).toEqual(content)
      }),
    )
  })

  test('gives back what is longer than a block', () => {
    const content = Uint8Array.from({ length: 200_000 }, (_, index) => (index % 977) ^ (index >>> 9))
    const compressed = snappyCompress(content)
    expect(snappyUncompress(compressed)).toEqual(content)
    expect(snappyUncompress(compressed, { into: new Uint8Array(300_000) })).toEqual(content)
  })

  test('makes what repeats small', () => {
    expect(snappyCompress(new Uint8Array(65_536)).length).toBeLessThan(4000)
  })

  test.each([
    { name: 'a literal', bytes: [0x03, 0x08, 0x61, 0x62, 0x63], content: 'abc' },
    { name: 'a short copy', bytes: [0x08, 0x0c, 0x61, 0x62, 0x63, 0x64, 0x01, 0x04], content: 'abcdabcd' },
    { name: 'a copy that overlaps itself', bytes: [0x09, 0x00, 0x61, 0x11, 0x01], content: 'aaaaaaaaa' },
    { name: 'a far copy', bytes: [0x06, 0x08, 0x61, 0x62, 0x63, 0x0b, 0x03, 0x00, 0x00, 0x00], content: 'abcabc' },
  ])('reads $name', ({ bytes, content }) => {
    expect(Buffer.from(snappyUncompress(Uint8Array.from(bytes))).toString()).toBe(content)
  })

  test.each([
    { name: 'no length', bytes: [] },
    { name: 'a length without end', bytes: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] },
    { name: 'a literal that is cut off', bytes: [0x03, 0x08, 0x61] },
    { name: 'a copy from before the start', bytes: [0x05, 0x00, 0x61, 0x01, 0x02] },
    { name: 'a copy of nothing', bytes: [0x05, 0x00, 0x61, 0x01, 0x00] },
    { name: 'too little', bytes: [0x05, 0x00, 0x61] },
    { name: 'too much', bytes: [0x01, 0x04, 0x61, 0x62] },
  ])('refuses $name', ({ bytes }) => {
    expect(() => snappyUncompress(Uint8Array.from(bytes))).toThrow('snappy: corrupt input')
  })

  test('refuses what claims to be too large', () => {
    expect(() => snappyUncompress(Uint8Array.from([0xff, 0xff, 0x03]), { maxBytes: 1000 })).toThrow('too large')
  })

  test('throws on bad input, and never reads or writes elsewhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          snappyUncompress(bytes, { maxBytes: 10_000 })
        } catch (error) {
          expect((error as Error).message).toMatch(/^snappy: /)
        }
      }),
    )
  })
})
