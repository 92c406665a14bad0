import { expect, test } from 'vitest'
import { JsonBytes } from './json-bytes.ts'

function textOf(json: JsonBytes): string {
  return new TextDecoder().decode(json.finish())
}

test('texts beyond ASCII and numbers stand one after the other, however many', () => {
  const json = new JsonBytes()
  for (let index = 1; index <= 50_000; index++) {
    json.text('é€😀')
    json.ascii(`${index},`)
  }
  const texts = textOf(json).split(',')
  expect(texts).toHaveLength(50_001)
  expect(texts[49_999]).toBe('é€😀50000')
})

test('samples are pairs, whatever their numbers', () => {
  const json = new JsonBytes()
  const times = ['[1.5,"', '[2,"', '[1435781451.781,"', '[4,"', '[5,"'].map((text) => Buffer.from(text))
  json.floats(times, Float64Array.of(-0.25, NaN, -1.25e-300, 123_456_789_012, 1e-7))
  expect(textOf(json)).toBe('[1.5,"-0.25"],[2,"NaN"],[1435781451.781,"-1.25e-300"],[4,"123456789012"],[5,"1e-07"]')
})
