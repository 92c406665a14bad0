import { describe, expect, test } from 'vitest'
import { parseYaml, parseYamlDocuments, YamlError } from './yaml.ts'

function valueOf(text: string): unknown {
  return parseYaml(text).value
}

describe('parseYaml', () => {
  test.each([
    ['0600', 384],
    ['0o17', 15],
    ['0x1F', 31],
    ['-0b101', -5],
    ['08', 8],
    ['1_000', 1000],
    ['22:22', '22:22'],
    ['yes', true],
    ['on', true],
    ['Off', false],
    ['n', false],
    ['"yes"', 'yes'],
    ["'0600'", '0600'],
    ['~', null],
    ['2021-01-01', '2021-01-01'],
    ['1.5', 1.5],
    ['1e3', '1e3'],
    ['1.5e+3', 1500],
    ['.5', 0.5],
    ['1.', 1],
    ['v1', 'v1'],
    ['100m', '100m'],
    ['=', '='],
  ])('%s reads as %j', (text, expected) => {
    expect(valueOf(`a: ${text}`)).toEqual({ a: expected })
  })

  test('keys are texts', () => {
    expect(valueOf('1: a\ntrue: b\nc: d')).toEqual({ '1': 'a', true: 'b', c: 'd' })
  })

  test('anchors and merges are resolved', () => {
    expect(valueOf('base: &b {x: 1, z: 2}\nuse:\n  <<: *b\n  z: 3')).toEqual({
      base: { x: 1, z: 2 },
      use: { x: 1, z: 3 },
    })
  })

  test('keys that occur twice are reported with their line', () => {
    expect(parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n').duplicates).toEqual(['line 4: key "c" already set in map'])
    expect(valueOf('a: 1\na: 2')).toEqual({ a: 2 })
  })

  test('an error names its line', () => {
    expect(() => parseYaml('a: 1\nb: c: d\n')).toThrow(
      new YamlError(2, 'mapping values are not allowed in this context'),
    )
  })
})

describe('parseYamlDocuments', () => {
  test('empty documents are skipped, and each knows where it starts', () => {
    const documents = parseYamlDocuments('---\na: 1\n---\n# nothing\n---\nb: 2\n...\n')
    expect(documents.map(({ value, line }) => ({ value, line }))).toEqual([
      { value: { a: 1 }, line: 2 },
      { value: { b: 2 }, line: 6 },
    ])
  })
})

test('a field is found by its path, on the line where its key stands', () => {
  const text = 'kind: A\n---\nspec:\n  http:\n  - name: x\n  - match:\n    - uri: {exact: /a}\n'
  const [, document] = parseYamlDocuments(text)
  const lines = [[], ['spec'], ['spec', 'http', 1], ['spec', 'http', 1, 'match', 0, 'uri'], ['spec', 'tcp']]
  expect(lines.map((path) => document?.lineOf(path))).toEqual([3, 3, 6, 7, 3])
})
