import { describe, expect, test } from 'vitest'
import { findDuplicates } from './duplicates.ts'

describe('findDuplicates', () => {
  test.each([
    ['{"a":1,"b":{"a":2}}', []],
    ['{"a":1,"a":2}', ['duplicate field "a"']],
    [
      '{"spec": {"replicas" : 1, "x": [{"n":1},{"n":1,"n":2}], "replicas": 2}}',
      ['duplicate field "spec.x[1].n"', 'duplicate field "spec.replicas"'],
    ],
    ['{"a\\"b":1,"c":"a\\"b","a\\u0022b":2}', ['duplicate field "a\\"b"']],
    ['{"a":["x","x"],"b":"b"}', []],
    ['[{"k":"k"},{"k":{"k":1}}]', []],
    ['{"a":1,"a":2,"a":3}', ['duplicate field "a"']],
  ])('%s', (text, expected) => {
    expect(findDuplicates(text)).toEqual(expected)
  })
})
