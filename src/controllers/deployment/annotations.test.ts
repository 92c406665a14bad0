import { describe, expect, test } from 'vitest'
import type { Deployment } from '../../api/kinds/apps/deployment.ts'
import { newestAnnotations } from './annotations.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const HISTORY = 'deployment.kubernetes.io/revision-history'

function deployment(annotations: Record<string, string>): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', annotations },
    spec: { selector: {}, template: {} },
  }
}

describe('the annotations of the newest ReplicaSet', () => {
  test.each<[string, Record<string, string>, Record<string, string>, number, Record<string, string>]>([
    [
      'take over the cause of a change',
      { 'kubernetes.io/change-cause': 'x' },
      {},
      1,
      {
        'kubernetes.io/change-cause': 'x',
        [REVISION]: '1',
      },
    ],
    [
      'leave out what belongs to the Deployment alone',
      {
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        [REVISION]: '7',
      },
      {},
      2,
      { [REVISION]: '2' },
    ],
    [
      'remember the revision of a set that is gone back to',
      {},
      { [REVISION]: '1' },
      3,
      { [REVISION]: '3', [HISTORY]: '1' },
    ],
    ['add to what is remembered', {}, { [REVISION]: '3', [HISTORY]: '1' }, 5, { [REVISION]: '5', [HISTORY]: '1,3' }],
    ['keep a revision that is higher already', {}, { [REVISION]: '9' }, 3, { [REVISION]: '9' }],
    ['compare revisions as numbers', {}, { [REVISION]: '9' }, 10, { [REVISION]: '10', [HISTORY]: '9' }],
    ['keep a revision that is no number', {}, { [REVISION]: 'x' }, 3, { [REVISION]: 'x' }],
  ])('%s', (_name, own, present, revision, expected) => {
    expect(newestAnnotations(deployment(own), present, revision)).toEqual(expected)
  })

  test('are the same list when nothing changes', () => {
    const present = { [REVISION]: '2', a: 'b' }
    expect(newestAnnotations(deployment({ a: 'b' }), present, 2)).toBe(present)
  })

  test('forget the oldest revisions beyond 2,000 letters', () => {
    const history = Array.from({ length: 500 }, (_, index) => String(index + 100)).join(',')
    const kept = newestAnnotations(deployment({}), { [REVISION]: '700', [HISTORY]: history }, 701)[HISTORY] ?? ''
    expect(kept.length).toBeLessThanOrEqual(2_000)
    expect(kept.startsWith('101,')).toBe(true)
    expect(kept.endsWith(',700')).toBe(true)
  })
})
