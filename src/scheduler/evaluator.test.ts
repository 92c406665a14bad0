import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../world/random.ts'
import { nodeOf, podOf } from '../../test/scheduler/builders.ts'
import { Cluster } from './cluster.ts'
import { profilesOf } from './config.ts'
import { Evaluator, feasibleToFind } from './evaluator.ts'
import { Nominator } from './nominator.ts'
import { objectsOfList } from './objects.ts'
import { profileOf } from './profile.ts'
import { VolumeAssumptions } from './volumes/assumptions.ts'

describe('feasibleToFind', () => {
  test.each([
    [0, 99, 99],
    [0, 100, 100],
    [0, 1_000, 420],
    [0, 5_000, 500],
    [0, 15_000, 750],
    [40, 1_000, 400],
    [1, 1_000, 100],
    [100, 1_000, 1_000],
  ])('%i per cent of %i nodes: %i', (percentage, nodes, expected) => {
    expect(feasibleToFind(percentage, nodes)).toBe(expected)
  })
})

test('in a large cluster each search begins where the last one ended, zone by zone', () => {
  const cluster = new Cluster()
  for (let index = 0; index < 300; index++) {
    const zone = index < 150 ? 'east' : 'west'
    cluster.addNode(nodeOf(`n${index}`, { labels: { 'topology.kubernetes.io/zone': zone } }))
  }
  const [settings] = profilesOf({ percentageOfNodesToScore: 1 })
  if (settings === undefined) throw new Error('there is a default profile')
  const context = { cluster, objects: objectsOfList([]), volumes: new VolumeAssumptions(), args: settings.args }
  const evaluator = new Evaluator({
    profile: profileOf(settings),
    context,
    nominator: new Nominator(),
    random: new SeededRandom('x'),
  })
  const chosen = new Set<number>()
  const order = [...cluster.order()]
  expect(order.slice(0, 4).map((row) => cluster.nodeAt(row).name)).toEqual(['n0', 'n150', 'n1', 'n151'])
  for (let attempt = 0; attempt < 3; attempt++) {
    const found = evaluator.find(cluster.podInfo(podOf(`p${attempt}`)))
    if (!('node' in found)) throw new Error('all nodes are empty')
    expect(found.feasible).toBe(100)
    chosen.add(Math.floor(order.indexOf(found.row) / 100))
  }
  expect(chosen).toEqual(new Set([0, 1, 2]))
})
