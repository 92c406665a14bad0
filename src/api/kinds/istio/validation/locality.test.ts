import { describe, expect, test } from 'vitest'
import { localitiesProblem, validateLocalityLoadBalancing, validateZoneAwareLoadBalancing } from './locality.ts'
import { printErrors } from './problem.ts'

const overlap = (locality: string): string => `locality ${locality} overlap with previous specified ones`

describe('localities of one list', () => {
  test.each([[['a/b/c', 'a/b/d', 'a/c']], [['a/b', 'a/*']], [['a/b/c', 'a/b/*']]])('may be %j', (localities) => {
    expect(localitiesProblem(localities)).toBeUndefined()
  })

  test.each([
    [['a', 'a/b'], overlap('a/b')],
    [['a/b', 'a'], overlap('a')],
    [['*', 'a'], overlap('a')],
    [['a/*', 'a/b'], overlap('a/b')],
    [['a/b/*', 'a/b/c'], overlap('a/b/c')],
    [['a/b/c', 'a/b/c'], overlap('a/b/c')],
    [['a//c'], 'locality a//c must not contain empty region/zone/subzone info'],
    [['*/b'], "locality */b wildcard '*' number can not exceed 1 and must be in the end"],
  ])('may not be %j', (localities, problem) => {
    expect(localitiesProblem(localities)).toBe(problem)
  })
})

describe('a locality setting', () => {
  test.each([
    [
      { distribute: [{ from: 'a', to: { b: 100 } }], failover: [{ from: 'a', to: 'b' }] },
      "can not simultaneously specify 'distribute' and 'failover'",
    ],
    [{ distribute: [{ from: 'a', to: { b: 60, c: 60 } }] }, 'total locality weight 120 != 100'],
    [{ distribute: [{ from: 'a', to: { b: 0 } }] }, 'locality weight must be in range [1, 100]'],
    [{ failover: [{ from: 'a', to: 'a' }] }, 'locality lb failover settings must specify different regions'],
    [{ failover: [{ from: 'a/x', to: 'b' }] }, 'locality lb failover only specify region'],
    [
      { failover: [{ from: 'a', to: 'b' }], failoverPriority: ['topology.kubernetes.io/zone'] },
      "can not simultaneously set 'failover' and topology label 'topology.kubernetes.io/zone' in 'failover_priority'",
    ],
  ])('%j is refused', (setting, problem) => {
    expect(printErrors(validateLocalityLoadBalancing(setting, {}))).toBe(problem)
  })

  test('that fails over without ejecting outliers is warned of', () => {
    const [problem] = validateLocalityLoadBalancing({ failover: [{ from: 'a', to: 'b' }] }, undefined)
    expect(problem).toEqual({
      severity: 'warning',
      text: 'outlier detection policy must be provided for failover',
    })
  })

  test('by zones knows no order of zones', () => {
    const setting = { failoverPriority: ['topology.kubernetes.io/region'] }
    expect(printErrors(validateZoneAwareLoadBalancing(setting, {}))).toBe(
      "'failover_priority' for zone aware lb must not use topology label 'topology.kubernetes.io/region'; region- and zone-level routing are handled automatically",
    )
  })
})
