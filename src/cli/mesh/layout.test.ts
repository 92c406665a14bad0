import { describe, expect, test } from 'vitest'
import { labelled, tableLines } from './layout.ts'

const ROWS = [
  ['a', 'first', 'some words that are long'],
  ['bb', 'x', 'short'],
]

function lines(columns: number): readonly string[] {
  return tableLines(ROWS, { columns, paint: (colour, text) => `<${colour}>${text}` }, ['', 'B', 'C'])
}

describe('a table', () => {
  test('has its columns aligned', () => {
    expect(lines(80)).toEqual(['       B       C', '  a    first   some words that are long', '  bb   x       short'])
  })

  test('breaks its last column where the terminal is narrow', () => {
    expect(lines(36)).toEqual([
      '       B       C',
      '  a    first   some words that are',
      '               long',
      '  bb   x       short',
    ])
  })

  test('puts what follows the second column below where it is narrower still', () => {
    expect(lines(30)).toEqual(['  a    first', '      some words that are long', '  bb   x', '      short'])
  })

  test('is as wide in colour as without', () => {
    const painted = tableLines([[{ text: 'yes', colour: 'green' }, 'z']], {
      columns: 80,
      paint: (_, text) => `[${text}]`,
    })
    expect(painted).toEqual(['  [yes]   z'])
  })
})

test('what is said of a label has all its lines below each other', () => {
  expect(labelled('over', 'mutual TLS: both sides have a sidecar', { columns: 40 })).toEqual([
    '  over          mutual TLS: both sides',
    '                have a sidecar',
  ])
})
