import { array, assert, constantFrom, integer, option, property, record, subarray } from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import type { Affinity, Node, Pod, TopologySpreadConstraint } from '../api/types.generated.ts'
import { SeededRandom } from '../world/random.ts'
import { nodeOf, podOf } from '../../test/scheduler/builders.ts'
import { judge, type World } from '../../test/scheduler/straight-line.ts'
import { Cluster } from './cluster.ts'
import { profilesOf } from './config.ts'
import { Evaluator } from './evaluator.ts'
import { explain } from './explain.ts'
import { Hypothesis } from './hypothesis.ts'
import { Nominator } from './nominator.ts'
import { objectsOfList } from './objects.ts'
import { firstRefusal, preparePod } from './prepared-pod.ts'
import { profileOf } from './profile.ts'
import { VolumeAssumptions } from './volumes/assumptions.ts'

const NAMESPACES = { red: { team: 'a' }, blue: { team: 'b' } }
const [settings] = profilesOf()
if (settings === undefined) throw new Error('there is a default profile')
const PROFILE = profileOf(settings)

const key = constantFrom('zone', 'rack', 'kubernetes.io/hostname')
const app = constantFrom('web', 'db', 'cache')
const selector = app.map((value) => ({ matchLabels: { app: value } }))

const term = record({
  labelSelector: selector,
  topologyKey: key,
  namespaces: constantFrom([], ['red'], ['red', 'blue']),
  namespaceSelector: constantFrom(undefined, undefined, {}, { matchLabels: { team: 'b' } }),
})
const weighted = record({ weight: integer({ min: 1, max: 100 }), podAffinityTerm: term })
const half = record({
  requiredDuringSchedulingIgnoredDuringExecution: array(term, { maxLength: 1 }),
  preferredDuringSchedulingIgnoredDuringExecution: array(weighted, { maxLength: 2 }),
})
const zoneIn = subarray(['east', 'west', 'north'], { minLength: 1 }).map((values) => ({
  matchExpressions: [{ key: 'zone', operator: 'In', values }],
}))
const nodeAffinity = record({
  requiredDuringSchedulingIgnoredDuringExecution: option(
    array(zoneIn, { minLength: 1, maxLength: 2 }).map((nodeSelectorTerms) => ({ nodeSelectorTerms })),
    { nil: undefined, freq: 3 },
  ),
  preferredDuringSchedulingIgnoredDuringExecution: array(
    record({ weight: integer({ min: 1, max: 100 }), preference: zoneIn }),
    { maxLength: 2 },
  ),
})
const affinity = record({
  nodeAffinity: option(nodeAffinity, { nil: undefined }),
  podAffinity: option(half, { nil: undefined }),
  podAntiAffinity: option(half, { nil: undefined }),
})
const constraint = record({
  maxSkew: integer({ min: 1, max: 3 }),
  topologyKey: key,
  whenUnsatisfiable: constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector: selector,
  minDomains: constantFrom(undefined, 1, 3),
  nodeAffinityPolicy: constantFrom(undefined, 'Honor', 'Ignore'),
  nodeTaintsPolicy: constantFrom(undefined, 'Honor', 'Ignore'),
})

const podArbitrary = record({
  namespace: constantFrom('red', 'blue'),
  app,
  cpu: constantFrom(undefined, '0', '100m', '1', '2'),
  memory: constantFrom(undefined, '100Mi', '1Gi'),
  gpu: constantFrom(undefined, undefined, '1'),
  port: constantFrom(undefined, undefined, 80, 443),
  affinity: option(affinity, { nil: undefined }),
  spread: array(constraint, { maxLength: 2 }),
  tolerated: constantFrom(undefined, 'dedicated', 'slow'),
  terminating: constantFrom(false, false, true),
})
const nodeArbitrary = record({
  zone: constantFrom(undefined, 'east', 'west', 'north'),
  rack: constantFrom(undefined, 'r1', 'r2'),
  cpu: constantFrom('2', '4', '8'),
  memory: constantFrom('2Gi', '8Gi'),
  pods: constantFrom('3', '110'),
  gpu: constantFrom(undefined, '2'),
  taint: constantFrom(undefined, undefined, 'dedicated:NoSchedule', 'slow:PreferNoSchedule'),
  cordoned: constantFrom(false, false, false, true),
})

type PodDraw = typeof podArbitrary extends { generate(...rest: never[]): { value: infer T } } ? T : never
type NodeDraw = typeof nodeArbitrary extends { generate(...rest: never[]): { value: infer T } } ? T : never

function toNode(draw: NodeDraw, name: string): Node {
  const { zone, rack, cpu, memory, pods, gpu, taint, cordoned } = draw
  const [taintKey = '', effect = ''] = taint?.split(':') ?? []
  return nodeOf(name, {
    labels: { ...(zone === undefined ? {} : { zone }), ...(rack === undefined ? {} : { rack }) },
    allocatable: { cpu, memory, pods, ...(gpu === undefined ? {} : { 'example.com/gpu': gpu }) },
    spec: {
      ...(taint === undefined ? {} : { taints: [{ key: taintKey, effect }] }),
      ...(cordoned ? { unschedulable: true } : {}),
    },
  })
}

function toPod(draw: PodDraw, name: string, node?: string): Pod {
  const { namespace, cpu, memory, gpu, port, tolerated, terminating } = draw
  const requests = {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(gpu === undefined ? {} : { 'example.com/gpu': gpu }),
  }
  const ports = port === undefined ? [] : [{ containerPort: port, hostPort: port }]
  return podOf(name, {
    namespace,
    labels: { app: draw.app },
    spec: {
      containers: [{ name: 'app', image: 'app', resources: { requests }, ports }],
      ...(draw.affinity === undefined ? {} : { affinity: compact(draw.affinity) as Affinity }),
      topologySpreadConstraints: draw.spread.map((one) => compact(one) as TopologySpreadConstraint),
      tolerations: tolerated === undefined ? [] : [{ key: tolerated, operator: 'Exists' }],
      ...(node === undefined ? {} : { nodeName: node }),
    },
    ...(terminating && node !== undefined ? { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } } : {}),
  })
}

/** JSON has no `undefined`. */
function compact(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const NAMESPACE_OBJECTS = Object.entries(NAMESPACES).map(
  ([name, labels]) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }) as ApiObject,
)

/** A cluster that came about by steps, some of them taken back. */
const history = record({
  nodes: array(nodeArbitrary, { minLength: 1, maxLength: 7 }),
  replaced: array(record({ index: integer({ min: 0, max: 6 }), node: nodeArbitrary }), { maxLength: 3 }),
  placed: array(record({ pod: podArbitrary, node: integer({ min: 0, max: 8 }) }), { maxLength: 14 }),
  removed: array(integer({ min: 0, max: 13 }), { maxLength: 5 }),
  pending: array(podArbitrary, { minLength: 1, maxLength: 3 }),
})

test('what is supposed for a while comes to the same as if it were so, and leaves no trace', () => {
  assert(
    property(history, ({ nodes, placed, pending }) => {
      const cluster = new Cluster()
      const objects = objectsOfList(NAMESPACE_OBJECTS)
      const context = { cluster, objects, volumes: new VolumeAssumptions(), args: PROFILE.settings.args }
      const stored = nodes.map((draw, index) => toNode(draw, `n${index}`))
      const pods = placed.map(({ pod, node }, index) => toPod(pod, `placed-${index}`, `n${node % nodes.length}`))
      for (const node of stored) cluster.addNode(node)
      const infos = pods.map((pod) => cluster.podInfo(pod))
      for (const info of infos) cluster.placePod(info, info.pod.spec.nodeName ?? '')
      for (const [index, draw] of pending.entries()) {
        const waiting = cluster.podInfo(toPod(draw, `pending-${index}`))
        const prepared = preparePod(waiting, PROFILE, context)
        if ('refusal' in prepared) continue
        const before = judge(waiting.pod, { nodes: stored, pods, namespaces: NAMESPACES })
        for (const { name, row } of Array.from(cluster.nodes())) {
          const hypothesis = new Hypothesis(cluster, prepared.filters, row)
          const left = new Set(pods)
          for (const info of infos) {
            if (info.pod.spec.nodeName !== name) continue
            hypothesis.remove(info)
            left.delete(info.pod)
            const truth = judge(waiting.pod, { nodes: stored, pods: [...left], namespaces: NAMESPACES })
            const said = firstRefusal(prepared.filters, row)?.reasons.join()
            expect(said).toBe(truth.find(({ node }) => node === name)?.refusal)
          }
          hypothesis.undo()
        }
        const after = explain({ ...context }, waiting.pod, PROFILE).nodes
        expect(after.map(({ node, refusals }) => [node, refusals[0]?.reasons.join()])).toEqual(
          before.map(({ node, refusal }) => [node, refusal]),
        )
      }
    }),
    { numRuns: 200 },
  )
})

test('memory and counters come to the same as looking at everything anew', () => {
  assert(
    property(history, ({ nodes, replaced, placed, removed, pending }) => {
      const cluster = new Cluster()
      const objects = objectsOfList(NAMESPACE_OBJECTS)
      const volumes = new VolumeAssumptions()
      const context = { cluster, objects, volumes, args: PROFILE.settings.args }
      const random = new SeededRandom('property')
      const evaluator = new Evaluator({ profile: PROFILE, context, nominator: new Nominator(), random })
      const truth = { nodes: new Map<string, Node>(), pods: new Map<string, Pod>() }
      const waiting = pending.map((draw, index) => cluster.podInfo(toPod(draw, `pending-${index}`)))

      const compare = (): void => {
        const world: World = {
          nodes: [...truth.nodes.values()],
          pods: [...truth.pods.values()],
          namespaces: NAMESPACES,
        }
        for (const info of waiting) check(info, world)
      }
      const check = (info: (typeof waiting)[number], world: World): void => {
        const verdicts = judge(info.pod, world)
        const refusals = new Map(verdicts.map(({ node, refusal }) => [node, refusal]))
        const found = evaluator.find(info)
        if ('node' in found) {
          const feasible = verdicts.filter(({ refusal }) => refusal === undefined)
          expect(feasible.map(({ node }) => node)).toContain(found.node)
          expect(found.feasible).toBe(feasible.length)
          const most = Math.max(...feasible.map(({ total }) => total))
          expect(verdicts.find(({ node }) => node === found.node)?.total).toBe(most)
        } else {
          const said = [...found.refusals].map(([row, { reasons }]) => [cluster.nodeAt(row).name, reasons.join()])
          expect(new Map(said as [string, string][])).toEqual(refusals)
        }
        const explained = explain({ cluster, objects, volumes }, info.pod, PROFILE)
        for (const { node, refusals: own, total } of explained.nodes) {
          expect(own[0]?.reasons.join()).toBe(refusals.get(node))
          if (own.length === 0) expect(total).toBe(verdicts.find((one) => one.node === node)?.total)
        }
      }

      for (const [index, draw] of nodes.entries()) {
        const node = toNode(draw, `n${index}`)
        truth.nodes.set(node.metadata.name, node)
        cluster.addNode(node)
      }
      compare()
      for (const [index, { pod: draw, node }] of placed.entries()) {
        // Some stand on nodes that are not there.
        const pod = toPod(draw, `placed-${index}`, `n${node}`)
        truth.pods.set(pod.metadata.name, pod)
        cluster.placePod(cluster.podInfo(pod), `n${node}`)
        compare()
      }
      for (const { index, node: draw } of replaced) {
        const name = `n${index}`
        if (truth.nodes.has(name) && index % 2 === 0) {
          truth.nodes.delete(name)
          cluster.removeNode(name)
        } else {
          const node = toNode(draw, name)
          truth.nodes.set(name, node)
          cluster.updateNode(node)
        }
        if (truth.nodes.size > 0) compare()
      }
      for (const index of removed) {
        const pod = truth.pods.get(`placed-${index}`)
        if (pod === undefined) continue
        truth.pods.delete(`placed-${index}`)
        cluster.removePod(pod.metadata.uid ?? '')
        if (truth.nodes.size > 0) compare()
      }
    }),
    { numRuns: 300 },
  )
})
