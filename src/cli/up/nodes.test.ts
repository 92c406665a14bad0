import { expect, test } from 'vitest'
import { nodesFor } from './nodes.ts'
import { portOf } from './port.ts'

test('--nodes N gives N nodes of the default size, and nothing leaves it to the store', () => {
  expect(nodesFor({ nodes: '3' })).toMatchObject([{ name: 'node', count: 3 }])
  expect(nodesFor({ nodes: '0' })).toMatchObject([{ name: 'node', count: 0 }])
  expect(nodesFor({})).toBeUndefined()
})

test.each(['-1', '1e3', '0x10', '1.5', 'three', '20001', ' 3'])('"%s" is no number of nodes', (nodes) => {
  expect(() => nodesFor({ nodes })).toThrow(`"${nodes}" is no number of nodes`)
})

test('nodes are counted or described, not both', () => {
  expect(() => nodesFor({ nodes: '1', 'nodes-file': 'nodes.yaml' })).toThrow('exclude each other')
})

test('a port is a number up to 65535', () => {
  expect([portOf(undefined), portOf('0'), portOf('6443'), portOf('65535')]).toEqual([undefined, 0, 6443, 65_535])
  for (const text of ['https', '65536', '-1', '1e3', '80.5']) expect(() => portOf(text)).toThrow(`"${text}" is no port`)
})
