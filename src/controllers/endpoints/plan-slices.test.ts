import { array, assert, integer, property, uniqueArray } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Endpoint, EndpointSlice } from '../../api/types.generated.ts'
import { planSlices } from './plan-slices.ts'

const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }]

function endpoint(number: number, ready = true): Endpoint {
  return {
    addresses: [`10.0.0.${number}`],
    conditions: { ready },
    targetRef: { kind: 'Pod', name: `p${number}`, uid: `u${number}` },
  }
}

function slice(name: string, endpoints: readonly Endpoint[]): EndpointSlice {
  const metadata = { name, namespace: 'default' }
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports }
}

describe('planSlices', () => {
  test('a service without endpoints has one empty slice', () => {
    expect(planSlices([], []).create).toEqual([{ ports: [], endpoints: [] }])
    const plan = planSlices([], [{ ...slice('a', []), ports: [] }])
    expect(plan).toEqual({ create: [], update: [], remove: [] })
  })

  test('a slice of ports that nobody offers any more takes the place of one that would be made', () => {
    expect(planSlices([], [slice('a', [endpoint(1)])])).toMatchObject({
      create: [],
      update: [{ slice: { metadata: { name: 'a' } }, ports: [], endpoints: [] }],
      remove: [],
    })
    const other = [{ name: 'http', port: 9090, protocol: 'TCP' }]
    expect(planSlices([{ ports: other, endpoints: [endpoint(1)] }], [slice('a', [endpoint(1)])])).toMatchObject({
      create: [],
      update: [{ slice: { metadata: { name: 'a' } }, ports: other, endpoints: [{ addresses: ['10.0.0.1'] }] }],
      remove: [],
    })
  })

  test('what remains goes into one slice that has room for all of it, or into a new one', () => {
    const many = (from: number, count: number): Endpoint[] =>
      Array.from({ length: count }, (_, index) => endpoint(from + index))
    const slices = [slice('a', many(0, 95)), slice('b', many(100, 60))]
    const plan = (added: number) =>
      planSlices([{ ports, endpoints: [...many(0, 95), ...many(100, 60), ...many(300, added)] }], slices)
    expect(plan(5).update.map(({ slice: one }) => one.metadata.name)).toEqual(['a'])
    expect(plan(10).update.map(({ slice: one }) => one.metadata.name)).toEqual(['b'])
    expect(plan(45)).toMatchObject({ create: [{ ports }], update: [], remove: [] })
  })

  test('an endpoint that becomes ready changes its own slice only', () => {
    const full = slice(
      'a',
      Array.from({ length: 100 }, (_, index) => endpoint(index)),
    )
    const other = slice('b', [endpoint(200, false)])
    const endpoints = [...(full.endpoints ?? []), endpoint(200, true)]
    const plan = planSlices([{ ports, endpoints }], [full, other])
    expect(plan.update.map((one) => one.slice.metadata.name)).toEqual(['b'])
    expect(plan.create).toEqual([])
  })

  test('whatever was listed before, every endpoint is listed once and no slice holds more than a hundred', () => {
    const numbers = uniqueArray(integer({ min: 0, max: 500 }), { maxLength: 350 })
    assert(
      property(
        numbers,
        array(uniqueArray(integer({ min: 0, max: 500 }), { maxLength: 100 }), { maxLength: 4 }),
        (wanted, before) => {
          const slices = before.map((listed, index) =>
            slice(
              `s${index}`,
              listed.map((number) => endpoint(number)),
            ),
          )
          const plan = planSlices([{ ports, endpoints: wanted.map((number) => endpoint(number)) }], slices)
          const changed = new Map(plan.update.map((one) => [one.slice, one.endpoints]))
          const after = [
            ...slices.filter((one) => !plan.remove.includes(one)).map((one) => changed.get(one) ?? one.endpoints ?? []),
            ...plan.create.map(({ endpoints }) => endpoints),
          ]
          for (const list of after) expect(list.length).toBeLessThanOrEqual(100)
          expect(
            after
              .flat()
              .map(({ targetRef }) => targetRef?.uid ?? '')
              .sort(),
          ).toEqual(wanted.map((number) => `u${number}`).sort())
        },
      ),
    )
  })
})
