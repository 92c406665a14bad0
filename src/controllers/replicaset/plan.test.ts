import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { plan } from './plan.ts'

function pods(count: number): readonly Pod[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${index}`, uid: `u${index}` },
    spec: { containers: [] },
  }))
}

describe('plan', () => {
  test.each([
    { running: 0, replicas: 3, create: 3, remove: 0, isPartial: false },
    { running: 3, replicas: 3, create: 0, remove: 0, isPartial: false },
    { running: 3, replicas: 1, create: 0, remove: 2, isPartial: false },
    { running: 2, replicas: 0, create: 0, remove: 2, isPartial: false },
    { running: 0, replicas: 900, create: 500, remove: 0, isPartial: true },
    { running: 900, replicas: 0, create: 0, remove: 500, isPartial: true },
  ])('$running running, $replicas wanted', ({ running, replicas, create, remove, isPartial }) => {
    const decided = plan(pods(running), { replicas, related: [], nowMs: 0 })
    expect({ ...decided, remove: decided.remove.length }).toEqual({ create, remove, isPartial })
  })

  test('never creates and deletes at once, and comes to what is wanted', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (running, replicas) => {
        const { create, remove } = plan(pods(running), { replicas, related: [], nowMs: 0 })
        expect(create === 0 || remove.length === 0).toBe(true)
        expect(running + create - remove.length).toBe(replicas)
      }),
    )
  })
})
