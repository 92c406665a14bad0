import { describe, expect, test } from 'vitest'
import type { Node } from '../../api/types.generated.ts'
import { Turns } from './turns.ts'
import { rateFor, Zones } from './zones.ts'

function node(name: string, ready: boolean, labels: Record<string, string> = {}): Node {
  const status = { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {}, status }
}

function inZone(zone: string): Record<string, string> {
  return { 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': zone }
}

test.each([
  { ready: 3, unready: 0, rate: 0.1 },
  { ready: 1, unready: 2, rate: 0.1 },
  { ready: 3, unready: 3, rate: 0.1 },
  { ready: 2, unready: 3, rate: 0 },
  { ready: 45, unready: 55, rate: 0.01 },
  { ready: 46, unready: 54, rate: 0.1 },
  { ready: 0, unready: 3, rate: 0.1 },
])('$ready nodes ready, $unready not: $rate nodes a second', ({ ready, unready, rate }) => {
  expect(rateFor({ ready, unready })).toBe(rate)
})

describe('Zones', () => {
  test('a lost zone evicts while another lives; when all are lost, nobody does', () => {
    const zones = new Zones()
    zones.observe(node('a', true, inZone('a')))
    zones.observe(node('b', true, inZone('b')))
    zones.observe(node('a', false, inZone('a')))
    expect(zones.rateIn('r:a')).toBe(0.1)
    expect(zones.isCutOff).toBe(false)
    expect(zones.observe(node('b', false, inZone('b')))).toMatchObject({ toggled: true })
    expect(zones.isCutOff).toBe(true)
    expect(zones.rateIn('r:a')).toBe(0)
    expect(zones.observe(node('a', true, inZone('a')))).toMatchObject({ toggled: true })
    expect(zones.rateIn('r:a')).toBe(0.1)
  })

  test('nodes that are excluded do not count', () => {
    const zones = new Zones()
    zones.observe(node('a', true))
    zones.observe(node('b', false, { 'node.kubernetes.io/exclude-disruption': '' }))
    zones.forget('a')
    expect(zones.isCutOff).toBe(false)
    expect(zones.rateIn('')).toBeUndefined()
  })

  test('a zone that becomes disturbed is named, once', () => {
    const zones = new Zones()
    for (const name of ['a', 'b', 'c', 'd', 'e']) zones.observe(node(name, true))
    expect(zones.observe(node('a', false)).zones).toEqual(new Set())
    expect(zones.observe(node('b', false)).zones).toEqual(new Set())
    expect(zones.observe(node('c', false)).zones).toEqual(new Set(['']))
    expect(zones.observe(node('c', false)).zones).toEqual(new Set())
    expect(zones.rateIn('')).toBe(0)
  })
})

describe('Turns', () => {
  test('the first may at once, the others one in ten seconds, in order', () => {
    const turns = new Turns(0.1)
    expect(turns.ask('a', 1_000)).toBe(1_000)
    turns.take('a', 1_000)
    expect(turns.ask('b', 1_000)).toBe(11_000)
    expect(turns.ask('c', 1_000)).toBe(21_000)
    expect(turns.ask('b', 11_000)).toBe(11_000)
    turns.take('b', 11_000)
    expect(turns.ask('c', 11_000)).toBe(21_000)
  })

  test('who leaves gives up the place', () => {
    const turns = new Turns(0.1)
    turns.take('z', 0)
    turns.ask('a', 0)
    turns.ask('b', 0)
    turns.leave('a')
    expect(turns.ask('b', 0)).toBe(10_000)
  })

  test('nobody has a turn at rate 0, and all wait again after it', () => {
    const turns = new Turns(0.1)
    turns.setRate(0, 0)
    expect(turns.ask('a', 5_000)).toBeUndefined()
    turns.setRate(0.01, 60_000)
    expect(turns.ask('a', 60_000)).toBe(160_000)
  })
})
