import { describe, expect, test } from 'vitest'
import { applyLocality, applyZoneAware, type Caller, type EndpointGroup, parseLocality } from './locality.ts'
import { effectiveLocality } from './locality-setting.ts'

const caller: Caller = { locality: parseLocality('in/mumbai/rack1'), labels: { tier: 'gold' } }

function group(locality: string, ...tiers: readonly string[]): EndpointGroup {
  const endpoints = tiers.map((tier) => ({ weight: 1, labels: { tier } }))
  return { locality: parseLocality(locality), endpoints, priority: 0, weight: Math.max(1, tiers.length) }
}

describe('failover', () => {
  test('goes from the own rack outwards, to the named region before others', () => {
    const groups = ['in/mumbai/rack1', 'in/mumbai/rack2', 'in/delhi', 'sg/one', 'us/one'].map((text) => group(text))
    const setting = { failover: [{ from: 'in', to: 'sg' }] }
    const applied = applyLocality(groups, caller, { setting, failoverEnabled: true })
    expect(applied.map(({ priority }) => priority)).toEqual([0, 1, 2, 3, 4])
  })

  test('does nothing while nothing would notice a failure', () => {
    const groups = [group('us/one')]
    expect(applyLocality(groups, caller, { setting: {}, failoverEnabled: false })).toBe(groups)
  })

  test('by labels splits a group into those that share them and those that do not', () => {
    const setting = { failoverPriority: ['tier'] }
    const applied = applyLocality([group('in', 'gold', 'tin', 'gold')], caller, { setting, failoverEnabled: true })
    expect(applied.map(({ priority, weight }) => [priority, weight])).toEqual([
      [0, 2],
      [1, 1],
    ])
  })
})

test('distribution shares the weight of a target among its groups and drains the rest', () => {
  const setting = { distribute: [{ from: 'in/*', to: { 'in/mumbai': 80, 'in/delhi': 20 } }] }
  const groups = ['in/mumbai/rack1', 'in/mumbai/rack2', 'in/delhi', 'us'].map((text) => group(text))
  const applied = applyLocality(groups, caller, { setting, failoverEnabled: false })
  expect(applied.map(({ weight }) => weight)).toEqual([40, 40, 20, 0])
})

test('zone awareness keeps a region together', () => {
  const groups = ['in/mumbai', 'in/delhi', 'us', 'sg'].map((text) => group(text))
  const applied = applyZoneAware(groups, caller, { failover: [{ from: 'in', to: 'sg' }] })
  expect(applied.map(({ priority }) => priority)).toEqual([0, 0, 2, 1])
})

test('the rule of the destination is heard before the Service, and the Service before the mesh', () => {
  const meshLocality = { failover: [] }
  const both = { trafficDistribution: 'PreferSameZone', meshLocality }
  expect(effectiveLocality({ ...both, destinationRule: { localityLbSetting: { enabled: false } } })).toBeUndefined()
  expect(effectiveLocality(both)).toMatchObject({ forceFailover: true })
  expect(effectiveLocality({ meshLocality })).toMatchObject({ setting: meshLocality, forceFailover: false })
})
