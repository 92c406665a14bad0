import { describe, expect, test } from 'vitest'
import { validateAnnotations, validateLabels, validateLabelValue, validateQualifiedName } from './labels.ts'

describe('validateQualifiedName', () => {
  test.each(['app', 'app.kubernetes.io/name', 'A_b.c-d', '1'])('%s is a key of a label', (key) => {
    expect(validateQualifiedName(key)).toEqual([])
  })

  test.each([
    { key: '/name', problem: 'prefix part must be non-empty' },
    { key: 'example.com/', problem: 'name part must be non-empty' },
    { key: `example.com/${'x'.repeat(64)}`, problem: 'name part must be no more than 63 bytes' },
  ])('$key: $problem', ({ key, problem }) => {
    expect(validateQualifiedName(key)).toContain(problem)
  })

  test('two slashes are one problem', () => {
    expect(validateQualifiedName('a/b/c')).toEqual([
      expect.stringMatching(/^a valid label key must consist of .*with an optional DNS subdomain prefix and '\/'/),
    ])
  })
})

test('a label may be empty, but not hold a space', () => {
  expect(validateLabelValue('')).toEqual([])
  expect(validateLabelValue('two words')).toHaveLength(1)
})

test('labels are reported at their field, keys and values', () => {
  expect([...validateLabels({ 'bad key': 'ok', app: 'not ok!' }, 'metadata.labels')]).toMatchObject([
    { field: 'metadata.labels', message: expect.stringContaining('Invalid value: "bad key": name part must consist') },
    { field: 'metadata.labels', message: expect.stringContaining('Invalid value: "not ok!": a valid label must be') },
  ])
})

test('annotations have a total size', () => {
  expect([...validateAnnotations({ Note: 'x'.repeat(256 * 1024) }, 'metadata.annotations')]).toEqual([
    {
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: 'Too long: may not be more than 262144 bytes',
    },
  ])
})
