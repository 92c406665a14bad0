import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { chooseForDeletion } from './ranking.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')

interface Shape {
  readonly node?: string
  readonly phase?: string
  readonly readySince?: string
  readonly cost?: string
  readonly restarts?: number
  readonly created?: string
}

function pod(name: string, { node = 'n1', phase = 'Running', readySince, cost, restarts = 0, created }: Shape): Pod {
  const isReady = readySince !== undefined
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: created ?? '2026-01-01T00:00:00Z',
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: {
      phase,
      conditions: isReady ? [{ type: 'Ready', status: 'True', lastTransitionTime: readySince }] : [],
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: isReady, restartCount: restarts }],
    },
  }
}

const READY = { readySince: '2026-01-01T00:00:00Z' }

/** Each row names the pod that has to go. */
describe('goes first', () => {
  test.each<[string, Shape, Shape]>([
    ['a pod without a node', { ...READY, node: '' }, { ...READY, cost: '-100' }],
    ['a pending pod before a running one', { phase: 'Pending' }, { phase: 'Running' }],
    ['a pod that is not ready', {}, READY],
    ['the cheaper pod', { ...READY, cost: '-5' }, { ...READY, cost: '3' }],
    ['a pod of no cost before one of some', READY, { ...READY, cost: '1' }],
    ['a pod of a cost that is no number, before one of some', { ...READY, cost: '01' }, { ...READY, cost: '1' }],
    ['the pod that became ready last', { readySince: '2026-01-01T11:59:00Z' }, READY],
    ['the pod with more restarts', { ...READY, restarts: 2 }, { ...READY, restarts: 1 }],
    ['the younger pod', { ...READY, created: '2026-01-01T11:59:00Z' }, READY],
  ])('%s', (_name, gone, kept) => {
    for (const [first, second] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const pods = [pod(first, gone), pod(second, kept)]
      const chosen = chooseForDeletion(pods, 1, { related: [], nowMs: NOW_MS })
      expect(chosen.map(({ metadata }) => metadata.name)).toEqual([first])
    }
  })

  test('a pod on the node that holds most of its relatives', () => {
    const alone = pod('alone', { ...READY, node: 'n1' })
    const crowded = pod('crowded', { ...READY, node: 'n2' })
    const relative = pod('relative', { ...READY, node: 'n2' })
    const related = [alone, crowded, relative]
    expect(chooseForDeletion([alone, crowded], 1, { related, nowMs: NOW_MS })).toEqual([crowded])
  })

  test('either of two pods of nearly one age: their UIDs decide', () => {
    const older = pod('a', { ...READY, created: '2026-01-01T06:00:00Z' })
    const younger = pod('b', { ...READY, created: '2026-01-01T06:10:00Z' })
    expect(chooseForDeletion([younger, older], 1, { related: [], nowMs: NOW_MS })).toEqual([older])
  })
})

test('as many as there are go without ranking', () => {
  const pods = [pod('a', READY), pod('b', {})]
  expect(chooseForDeletion(pods, 2, { related: [], nowMs: NOW_MS })).toBe(pods)
})
