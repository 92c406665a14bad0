import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { nodeOf, podOf } from '../../../test/scheduler/builders.ts'
import { Cluster } from '../cluster.ts'
import { profilesOf } from '../config.ts'
import { objectsOfList } from '../objects.ts'
import type { PluginName } from '../plugin-names.ts'
import { VolumeAssumptions } from '../volumes/assumptions.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

const FIT: ReadonlySet<PluginName> = new Set(['NodeResourcesFit'])

function setUp(gate: () => PluginName | undefined = () => undefined) {
  const clock = new VirtualClock(0)
  const cluster = new Cluster()
  const [settings] = profilesOf()
  if (settings === undefined) throw new Error('there is a default profile')
  const context = { cluster, objects: objectsOfList([]), volumes: new VolumeAssumptions(), args: settings.args }
  const queue = new SchedulingQueue({ clock, contextOf: () => context, gate, onReady: () => undefined })
  const info = (name: string, priority = 0, change: Parameters<typeof podOf>[1] = {}) =>
    cluster.podInfo(podOf(name, { ...change, spec: { priority, ...change.spec }, metadata: { uid: name } }))
  const names = () => {
    const found: string[] = []
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) found.push(next.info.uid)
    return found
  }
  return { clock, queue, info, names }
}

const bigNode = nodeOf('n1')

describe('order', () => {
  test('by priority, then by age', async () => {
    const { clock, queue, info, names } = setUp()
    queue.add(info('first'))
    await clock.advance(10)
    queue.add(info('second'))
    queue.add(info('urgent', 5))
    expect(names()).toEqual(['urgent', 'first', 'second'])
  })

  test('a pod whose priority changes moves, and one that is deleted is gone', () => {
    const { queue, info, names } = setUp()
    queue.add(info('a', 1))
    queue.add(info('b', 2))
    queue.add(info('c', 3))
    queue.update(info('a', 9))
    queue.delete('b')
    expect(names()).toEqual(['a', 'c'])
  })
})

describe('a pod that was refused', () => {
  test('waits for a change that may help it', () => {
    const { queue, info, names } = setUp()
    queue.add(info('big', 0, { requests: { cpu: '2' } }))
    names()
    queue.returnUnschedulable('big', FIT)
    expect(names()).toEqual([])
    queue.changed({ event: 'Node/Add', now: nodeOf('small', { allocatable: { cpu: '1' } }) })
    queue.changed({ event: 'Node/UpdateLabel', old: bigNode, now: bigNode })
    expect(queue.placeOf('big')).toBe('unschedulable')
    queue.changed({ event: 'Node/Add', now: bigNode })
    expect(names()).toEqual(['big'])
  })

  test('backs off behind those that were not tried yet: 1, 2, 4, 8, 10 seconds', async () => {
    const { clock, queue, info } = setUp()
    queue.add(info('again'))
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      expect(queue.pop()?.info.uid).toBe('again')
      queue.returnUnschedulable('again', FIT)
      queue.changed({ event: 'Node/Add', now: bigNode })
      expect(queue.placeOf('again')).toBe('backoff')
      await clock.advance(seconds * 1_000 - 1)
      expect(queue.placeOf('again')).toBe('backoff')
      await clock.advance(1)
      expect(queue.placeOf('again')).toBe('active')
    }
  })

  test('comes out of back-off early when nothing else is to be done', () => {
    const { queue, info, names } = setUp()
    queue.add(info('again'))
    queue.pop()
    queue.returnUnschedulable('again', FIT)
    queue.changed({ event: 'Node/Add', now: bigNode })
    queue.add(info('fresh'))
    expect(names()).toEqual(['fresh', 'again'])
  })

  test('is tried again after five minutes', async () => {
    const { clock, queue, info } = setUp()
    queue.add(info('stuck'))
    queue.pop()
    queue.returnUnschedulable('stuck', FIT)
    await clock.advance(5 * 60_000)
    expect(queue.placeOf('stuck')).toBe('unschedulable')
    await clock.advance(30_000)
    expect(queue.placeOf('stuck')).toBe('active')
  })

  test('is tried again when it is changed in a way that may help', () => {
    const { queue, info, names } = setUp()
    queue.add(info('shy'))
    names()
    queue.returnUnschedulable('shy', new Set(['TaintToleration']))
    queue.update(info('shy', 0, { labels: { x: 'y' } }))
    expect(names()).toEqual([])
    queue.update(info('shy', 0, { spec: { tolerations: [{ operator: 'Exists' }] } }))
    expect(names()).toEqual(['shy'])
  })
})

test('after an error a pod waits its time even when nothing else is to be done', async () => {
  const { clock, queue, info, names } = setUp()
  queue.add(info('p'))
  queue.pop()
  queue.returnAfterError(info('p'))
  expect(names()).toEqual([])
  await clock.advance(1_000)
  expect(names()).toEqual(['p'])
})

test('a gate holds a pod, whatever happens, until it opens', () => {
  let gate: PluginName | undefined = 'DefaultPreemption'
  const { queue, info, names } = setUp(() => gate)
  queue.add(info('held'))
  queue.changed({ event: 'Node/Add', now: bigNode })
  expect(names()).toEqual([])
  gate = undefined
  queue.ungate('held', 'DefaultPreemption')
  expect(names()).toEqual(['held'])
})
