import { describe, expect, test } from 'vitest'
import { profilesOf } from './config.ts'

describe('profilesOf', () => {
  test('without a configuration there is the default profile', () => {
    const [profile, ...others] = profilesOf()
    expect(others).toEqual([])
    expect(profile?.schedulerName).toBe('default-scheduler')
    expect(profile?.filters).toHaveLength(12)
    expect(Object.fromEntries(profile?.scores.map(({ name, weight }) => [name, weight]) ?? [])).toEqual({
      TaintToleration: 3,
      NodeAffinity: 2,
      NodeResourcesFit: 1,
      PodTopologySpread: 2,
      InterPodAffinity: 2,
      NodeResourcesBalancedAllocation: 1,
      ImageLocality: 1,
    })
  })

  test('plugins are switched off everywhere or at one point, all at once or one by one', () => {
    const [profile] = profilesOf({
      profiles: [
        {
          plugins: {
            multiPoint: { disabled: [{ name: 'DefaultPreemption' }, { name: 'InterPodAffinity' }] },
            score: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 4 }] },
          },
        },
      ],
    })
    expect(profile?.preempts).toBe(false)
    expect(profile?.filters).not.toContain('InterPodAffinity')
    expect(profile?.scores).toEqual([{ name: 'ImageLocality', weight: 4 }])
  })

  test.each([
    [{ profiles: [{}, {}] }, 'the profile name "default-scheduler" stands twice'],
    [{ profiles: [{ plugins: { score: { enabled: [{ name: 'Luck' }] } } }] }, 'there is no plugin "Luck"'],
    [{ profiles: [{ pluginConfig: [{ name: 'Luck', args: {} }] }] }, 'there is no plugin "Luck"'],
  ])('%j is refused', (config, problem) => {
    expect(() => profilesOf(config)).toThrow(`Cannot use this scheduler configuration: ${problem}`)
  })
})
