import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../world/random.ts'
import { type SilenceDraft, silenceState } from './silence.ts'
import { SilenceError, Silences } from './silences.ts'

const NOW_MS = 1_000_000
const DRAFT: SilenceDraft = {
  id: '',
  matcherSets: [[{ name: 'stall', op: '=', value: 'dosa' }]],
  startsAtMs: NOW_MS,
  endsAtMs: NOW_MS + 60_000,
  createdBy: 'rani',
  comment: 'known',
  annotations: {},
}

describe('silences', () => {
  const create = (): Silences => new Silences({ random: new SeededRandom('silences'), mode: 'fallback' })

  test('mute what they match, while they last', () => {
    const silences = create()
    const { id } = silences.set(DRAFT, NOW_MS)
    expect(silences.mutedBy({ stall: 'dosa' }, NOW_MS)).toEqual([id])
    expect(silences.mutedBy({ stall: 'chaat' }, NOW_MS)).toEqual([])
    expect(silences.mutedBy({ stall: 'dosa' }, NOW_MS + 60_000)).toEqual([])
  })

  test('are changed in place where that changes no past, and replaced where it would', () => {
    const silences = create()
    const { id } = silences.set(DRAFT, NOW_MS)
    expect(silences.set({ ...DRAFT, id, endsAtMs: NOW_MS + 90_000 }, NOW_MS + 10).id).toBe(id)
    const other = silences.set(
      { ...DRAFT, id, matcherSets: [[{ name: 'stall', op: '=~', value: 'd.*' }]] },
      NOW_MS + 20,
    )
    expect(other.id).not.toBe(id)
    expect(silences.list().map((each) => silenceState(each, NOW_MS + 20))).toEqual(['expired', 'active'])
  })

  test('end when they are told to, before they began as well', () => {
    const silences = create()
    const { id } = silences.set({ ...DRAFT, startsAtMs: NOW_MS + 10_000 }, NOW_MS)
    expect(silenceState(silences.get(id) ?? fail(), NOW_MS)).toBe('pending')
    silences.expire(id, NOW_MS + 1)
    expect(silenceState(silences.get(id) ?? fail(), NOW_MS + 1)).toBe('expired')
    silences.sweep(NOW_MS + 5_000, 4_999)
    expect(silences.list()).toEqual([])
    expect(() => silences.expire(id, NOW_MS)).toThrow(new SilenceError('not found', 'silence not found'))
  })

  test.each([
    [{ matcherSets: [[]] }, 'invalid silence: matcher set 0 is empty'],
    [
      { matcherSets: [[{ name: 'a', op: '=', value: '' }]] },
      'invalid silence: matcher set 0: at least one matcher must not match the empty string',
    ],
    [{ matcherSets: [[{ name: 'a', op: '=~', value: '(' }]] }, 'invalid regular expression "("'],
    [{ endsAtMs: NOW_MS - 1 }, 'invalid silence: end time must not be before start time'],
    [{ endsAtMs: undefined }, 'invalid silence: invalid zero end timestamp'],
  ])('%j is none', (change, message) => {
    expect(() => create().set({ ...DRAFT, ...change }, NOW_MS)).toThrow(message)
  })
})

function fail(): never {
  throw new Error('no such silence')
}
