import { describe, expect, test } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types.generated.ts'
import { matchVolume, mismatch } from './match-volume.ts'

function volume(name: string, spec: Partial<PersistentVolume['spec']> = {}, phase = 'Available'): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels: { disk: name } },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '10Gi' }, ...spec },
    status: { phase },
  }
}

function claim(spec: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'shop', uid: 'u1' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, ...spec },
  }
}

const mine = { claimRef: { namespace: 'shop', name: 'data' } }

describe('matchVolume', () => {
  test.each([
    {
      rule: 'the smallest that is large enough',
      volumes: [
        volume('a', { capacity: { storage: '20Gi' } }),
        volume('b'),
        volume('c', { capacity: { storage: '1Gi' } }),
      ],
      chosen: 'b',
    },
    {
      rule: 'the fewest modes beyond those asked for',
      volumes: [
        volume('a', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'], capacity: { storage: '5Gi' } }),
        volume('b'),
      ],
      chosen: 'b',
    },
    { rule: 'only of the class asked for', volumes: [volume('a', { storageClassName: 'fast' })], chosen: undefined },
    { rule: 'only of the volume mode asked for', volumes: [volume('a', { volumeMode: 'Block' })], chosen: undefined },
    {
      rule: 'only with all modes asked for',
      volumes: [volume('a', { accessModes: ['ReadOnlyMany'] })],
      chosen: undefined,
    },
    { rule: 'not one that is not yet available', volumes: [volume('a', {}, 'Pending')], chosen: undefined },
    {
      rule: 'not one of another claim',
      volumes: [volume('a', { claimRef: { namespace: 'shop', name: 'other' } })],
      chosen: undefined,
    },
    {
      rule: 'the one set aside, whatever its phase',
      volumes: [volume('a'), volume('b', mine, 'Pending')],
      chosen: 'b',
    },
    {
      rule: 'not one set aside for an earlier claim of that name',
      volumes: [volume('a', { claimRef: { ...mine.claimRef, uid: 'u0' } })],
      chosen: undefined,
    },
  ])('$rule', ({ volumes, chosen }) => {
    expect(matchVolume(claim(), volumes, { isDelayed: false })?.metadata.name).toBe(chosen)
  })

  test('a selector chooses by labels', () => {
    const wanted = claim({ selector: { matchLabels: { disk: 'b' } } })
    expect(matchVolume(wanted, [volume('a'), volume('b')], { isDelayed: false })?.metadata.name).toBe('b')
  })

  test('where the scheduler chooses, only a volume set aside is taken', () => {
    expect(matchVolume(claim(), [volume('a')], { isDelayed: true })).toBeUndefined()
    expect(matchVolume(claim(), [volume('a'), volume('b', mine)], { isDelayed: true })?.metadata.name).toBe('b')
  })
})

test.each([
  [{ capacity: { storage: '1Gi' } }, 'requested PV is too small'],
  [{ storageClassName: 'fast' }, 'storageClassName does not match'],
  [{ volumeMode: 'Block' }, 'incompatible volumeMode'],
  [{ accessModes: ['ReadOnlyMany'] }, 'incompatible accessMode'],
  [{}, undefined],
])('a volume with %j named by a claim: %s', (spec, why) => {
  expect(mismatch(volume('a', spec), claim())).toBe(why)
})
