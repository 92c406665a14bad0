import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HorizontalPodAutoscaler } from '../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import type { HPAScalingRules, Scale } from '../../src/api/types.generated.ts'
import {
  HorizontalPodAutoscalerController,
  type Scales,
} from '../../src/controllers/horizontalpodautoscaler/autoscaler-controller.ts'
import type { MetricsSource } from '../../src/controllers/horizontalpodautoscaler/metrics-source.ts'
import { testCluster } from '../support/cluster.ts'

const SYNC_SECONDS = 15
const DOWNSCALE_WINDOW_SECONDS = 300
const TOLERANCE = 0.1
/** What each replica should carry. */
const TARGET = 100
const TRACES = 1_000

interface Trace {
  readonly initial: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly behavior: { readonly scaleUp: HPAScalingRules; readonly scaleDown: HPAScalingRules } | undefined
  /** The metric at each look. */
  readonly loads: readonly number[]
}

/**
 * Both directions look back equally far: the controller, as upstream, forgets a step when no policy of its own direction
 * looks at it any more, and the documentation knows nothing of that.
 */
const LONGEST_PERIOD_SECONDS = 120

const policy = fc.record({
  type: fc.constantFrom('Pods', 'Percent'),
  value: fc.integer({ min: 1, max: 120 }),
  periodSeconds: fc.constantFrom(15, 30, 60, LONGEST_PERIOD_SECONDS),
})
const rules = fc.record({
  stabilizationWindowSeconds: fc.constantFrom(0, 15, 60, 300),
  selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
  policies: fc
    .tuple(fc.array(policy, { maxLength: 2 }), policy)
    .map(([some, last]) => [...some, { ...last, periodSeconds: LONGEST_PERIOD_SECONDS }]),
})
const trace: fc.Arbitrary<Trace> = fc.record({
  initial: fc.integer({ min: 1, max: 40 }),
  minReplicas: fc.integer({ min: 1, max: 10 }),
  maxReplicas: fc.integer({ min: 10, max: 100 }),
  behavior: fc.option(fc.record({ scaleUp: rules, scaleDown: rules }), { nil: undefined }),
  loads: fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 5, maxLength: 60 }),
})

test('the controller sizes as the documented algorithm does, on any course of a metric', async () => {
  await fc.assert(
    fc.asyncProperty(trace, async (one) => {
      expect(await sizesOfController(one)).toEqual(sizesOfModel(one))
    }),
    { numRuns: TRACES },
  )
}, 300_000)

async function sizesOfController({ initial, minReplicas, maxReplicas, behavior, loads }: Trace): Promise<number[]> {
  await using cluster = await testCluster()
  const size = { replicas: initial }
  let load = 0
  const none = (): never => {
    throw new Error('not asked for')
  }
  const source: MetricsSource = {
    resource: none,
    pods: none,
    object: none,
    external: async () => [BigInt(load) * 1_000n],
  }
  const { client, informers, clock } = cluster
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as never)
  const events = (component: string) => cluster.events(component)
  await cluster.run(
    new HorizontalPodAutoscalerController({ client, informers, clock, events, source, scales: scalesOf(size) }),
  )
  const target = { type: 'AverageValue', averageValue: String(TARGET) }
  await client.create({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { namespace: 'shop', name: 'checkout' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'External', external: { metric: { name: 'requests' }, target } }],
      ...(behavior === undefined ? {} : { behavior }),
    },
  } as HorizontalPodAutoscaler)
  const sizes: number[] = []
  await clock.advance(SYNC_SECONDS * 500)
  for (const next of loads) {
    load = next
    await clock.advance(SYNC_SECONDS * 1_000)
    sizes.push(size.replicas)
  }
  expect(cluster.errors).toEqual([])
  return sizes
}

function scalesOf(size: { replicas: number }): Scales {
  return {
    get: async ({ name }) =>
      ({
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name, namespace: 'shop' },
        spec: { replicas: size.replicas },
        status: { replicas: size.replicas, selector: 'app=checkout' },
      }) as Scale,
    set: async (_target, _scale, replicas) => {
      size.replicas = replicas
    },
  }
}

/**
 * The algorithm as the documentation has it ("Horizontal Pod Autoscaling", its sections on the algorithm and on scaling
 * policies), with nothing in common with the controller: whole histories are kept and looked through anew at each step.
 */
function sizesOfModel({ initial, minReplicas, maxReplicas, behavior, loads }: Trace): number[] {
  const wishes: { second: number; replicas: number }[] = []
  const steps: { second: number; change: number }[] = []
  const sizes: number[] = []
  let current = initial
  loads.forEach((load, index) => {
    const second = (index + 1) * SYNC_SECONDS
    // The size at the first look counts as a wish: nothing shrinks right after a start.
    if (index === 0) wishes.push({ second, replicas: current })
    const next = nextSize()
    if (next !== current) steps.push({ second, change: next - current })
    current = next
    sizes.push(current)

    function nextSize(): number {
      if (current > maxReplicas) return maxReplicas
      if (current < minReplicas) return minReplicas
      const ratio = load / (TARGET * current)
      const wish = ratio >= 1 - TOLERANCE && ratio <= 1 + TOLERANCE ? current : Math.ceil(load / TARGET)
      const since = (seconds: number, isOpen: boolean): number[] =>
        wishes
          .filter((one) => (isOpen ? one.second > second - seconds : one.second >= second - seconds))
          .map(({ replicas }) => replicas)
      if (behavior === undefined) {
        const steady = Math.max(wish, ...since(DOWNSCALE_WINDOW_SECONDS, false))
        wishes.push({ second, replicas: wish })
        return Math.max(minReplicas, Math.min(steady, maxReplicas, Math.max(2 * current, 4)))
      }
      const { scaleUp, scaleDown } = behavior
      const low = Math.min(wish, ...since(scaleUp.stabilizationWindowSeconds ?? 0, true))
      const high = Math.max(wish, ...since(scaleDown.stabilizationWindowSeconds ?? 0, true))
      wishes.push({ second, replicas: wish })
      const steady = Math.min(Math.max(current, low), high)
      if (steady > current) return Math.min(steady, maxReplicas, Math.max(current, bound(scaleUp, 1)))
      if (steady < current) return Math.max(steady, minReplicas, Math.min(current, bound(scaleDown, -1)))
      return current
    }

    /** The farthest size that the policies of one direction allow. */
    function bound({ selectPolicy, policies = [] }: HPAScalingRules, sign: 1 | -1): number {
      if (selectPolicy === 'Disabled') return current
      const bounds = policies.map(({ type, value, periodSeconds }) => {
        const recent = steps.filter((step) => step.second > second - periodSeconds)
        const start = current - recent.reduce((sum, { change }) => sum + change, 0)
        if (type === 'Pods') return start + sign * value
        const grown = start * (1 + (sign * value) / 100)
        return sign > 0 ? Math.ceil(grown) : Math.trunc(grown)
      })
      const isFarthest = selectPolicy === 'Max'
      return isFarthest === sign > 0 ? Math.max(...bounds) : Math.min(...bounds)
    }
  })
  return sizes
}
