import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { sources, textOf } from './sources.ts'

const IMPORT = /^(?:import|export)\b[^'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm

test('no file imports, by whatever way round, what imports it', () => {
  expect(circlesOf(importsBelow('src'))).toEqual([])
})

test('a circle is told by its files, and what only leads to it is not', () => {
  const graph = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['e'] }
  expect(circlesOf(new Map(Object.entries(graph)))).toEqual([['b', 'c'], ['e']])
})

function importsBelow(folder: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    sources(folder).map((file) => {
      const imports = [...textOf(file).matchAll(IMPORT)].map(([, from = '', lazy = '']) => from || lazy)
      return [file, imports.map((path) => posix.join(posix.dirname(file), path))]
    }),
  )
}

/** Groups of files each of which reaches the others: the strongly connected components, after Tarjan. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []

  function visit(file: string): number {
    const number = order.size
    order.set(file, number)
    open.push(file)
    let low = number
    for (const imported of graph.get(file) ?? []) {
      if (!order.has(imported)) low = Math.min(low, visit(imported))
      else if (open.includes(imported)) low = Math.min(low, lowest.get(imported) ?? order.get(imported) ?? low)
    }
    lowest.set(file, low)
    if (low === number) {
      const group = open.splice(open.indexOf(file))
      if (group.length > 1 || graph.get(file)?.includes(file) === true) circles.push(group.toSorted())
    }
    return low
  }

  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return circles.toSorted((a, b) => (a.join() < b.join() ? -1 : 1))
}
