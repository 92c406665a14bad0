import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../object.ts'
import { printerColumns } from './printer-columns.ts'

const NOW_MS = Date.UTC(2026, 0, 2)
const OBJECT = {
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'one', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { count: 3.7, ratio: 0.5, on: true, list: ['a'], nothing: null, until: 'x', big: 1e6 },
} as ApiObject

function cell(jsonPath: string, type: string): unknown {
  return printerColumns([{ name: 'X', jsonPath, type }])[1]?.cell(OBJECT, NOW_MS)
}

describe('columns', () => {
  test('kinds without columns of their own show their age', () => {
    const columns = printerColumns([])
    expect(columns.map(({ name }) => name)).toEqual(['Name', 'Age'])
    expect(columns.map((column) => column.cell(OBJECT, NOW_MS))).toEqual(['one', '24h'])
  })

  test('columns are described by their path, unless they say more', () => {
    const [, plain, described] = printerColumns([
      { name: 'A', jsonPath: '.spec.a', type: 'string', priority: 1 },
      { name: 'B', jsonPath: '.spec.b', type: 'integer', format: 'int32', description: 'How many' },
    ])
    expect(plain).toMatchObject({
      priority: 1,
      description: 'Custom resource definition column (in JSONPath format): .spec.a',
    })
    expect(described).toMatchObject({ type: 'integer', format: 'int32', description: 'How many' })
  })

  test.each([
    ['.spec.count', 'integer', 3],
    ['.spec.count', 'number', 3.7],
    ['.spec.count', 'string', '3.7'],
    ['.spec.big', 'string', '1000000'],
    ['.spec.on', 'boolean', true],
    ['.spec.on', 'integer', null],
    ['.spec.list', 'string', '["a"]'],
    ['.spec.nothing', 'string', '<no value>'],
    ['.spec.nothing', 'integer', null],
    ['.spec.missing', 'string', null],
    ['.spec.list[5]', 'string', null],
    ['.spec.until', 'date', '<invalid>'],
  ])('%s as %s', (path, type, value) => {
    expect(cell(path, type)).toBe(value)
  })

  test('a path that cannot be read ends the columns', () => {
    const columns = printerColumns([
      { name: 'A', jsonPath: '.a', type: 'string' },
      { name: 'B', jsonPath: '.b[', type: 'string' },
      { name: 'C', jsonPath: '.c', type: 'string' },
    ])
    expect(columns.map(({ name }) => name)).toEqual(['Name', 'A'])
  })
})
