import { EVERYTHING } from '../../../src/api/selectors/label-matcher.ts'
import type { HPAScalingRules, MetricSpec } from '../../../src/api/types.generated.ts'
import { defaultAutoscaler } from '../../../src/api/kinds/autoscaling/default-autoscaler.ts'
import type { HorizontalPodAutoscaler } from '../../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { proposeFor } from '../../../src/controllers/horizontalpodautoscaler/metric-proposal.ts'
import { printMetricValue } from '../../../src/controllers/horizontalpodautoscaler/metric-quantity.ts'
import type { MetricsSource, PodMetrics } from '../../../src/controllers/horizontalpodautoscaler/metrics-source.ts'
import { groupPods } from '../../../src/controllers/horizontalpodautoscaler/pod-groups.ts'
import { requestsOf } from '../../../src/controllers/horizontalpodautoscaler/pod-requests.ts'
import * as recommendations from '../../../src/controllers/horizontalpodautoscaler/recommendations.ts'
import * as calculator from '../../../src/controllers/horizontalpodautoscaler/replica-calculator.ts'
import {
  changePerPeriod,
  type ScaleEvent,
  withScaleEvent,
} from '../../../src/controllers/horizontalpodautoscaler/scale-events.ts'
import * as limits from '../../../src/controllers/horizontalpodautoscaler/scale-limits.ts'
import { expectFailure, expectSame, expectSameMembers, type Oracle, type OracleCase } from '../oracle.ts'
import { NOW_MS, type PodInput, podOf } from './hpa-pods.ts'
import { runReconcile, SETTINGS } from './hpa-reconcile.ts'

export const oracle: Oracle = {
  open: () => (oracleCase) => {
    const name = String(oracleCase.input['function'])
    const run = FUNCTIONS[name]
    if (run === undefined) throw new Error(`unknown function ${name}`)
    return run(oracleCase)
  },
}

const FUNCTIONS: Readonly<Record<string, (oracleCase: OracleCase) => void | Promise<void>>> = {
  resource: runResource,
  pods: runPods,
  object: runTotal,
  external: runTotal,
  objectPerPod: runShare,
  externalPerPod: runShare,
  perPodUsage: ({ input, expect }) =>
    expectSame(
      'usage',
      calculator.usagePerPod(BigInt(input['usage'] as number), input['statusReplicas'] as number),
      expect['usage'],
    ),
  groupPods: runGroupPods,
  calculateRequests: runRequests,
  reconcile: runReconcile,
  limitWithoutBehavior: ({ input, expect }) => {
    const { replicas, reason } = limits.limitWithoutBehavior(input as unknown as limits.Wish, SETTINGS.scaleUpLimit)
    expectSame('limit', { replicas, reason }, expect)
  },
  limitWithBehavior: ({ input, expect }) => {
    const { replicas, reason } = limits.limitWithBehavior(
      input as unknown as limits.Wish,
      rulesOf(input),
      historyOf(input),
    )
    expectSame('limit', { replicas, reason }, expect)
  },
  scaleUpLimit: ({ input, expect }) =>
    expectSame(
      'limit',
      limits.scaleUpLimit(input['currentReplicas'] as number, input['rules'] as HPAScalingRules, historyOf(input)),
      expect['limit'],
    ),
  scaleDownLimit: ({ input, expect }) =>
    expectSame(
      'limit',
      limits.scaleDownLimit(input['currentReplicas'] as number, input['rules'] as HPAScalingRules, historyOf(input)),
      expect['limit'],
    ),
  stabilizeWithoutBehavior: ({ input, expect }) => {
    const windowMs = Number(input['downscaleStabilizationSeconds']) * 1_000
    const stable = recommendations.stabilizeDown(Number(input['desiredReplicas']), recommended(input), {
      windowMs,
      nowMs: NOW_MS,
    })
    expectSame('replicas', stable.replicas, expect['replicas'])
    expectSame('log length', stable.recommendations.length, expect['logLength'])
  },
  stabilizeWithBehavior: ({ input, expect }) => {
    const upMs = Number(input['scaleUpStabilizationSeconds']) * 1_000
    const downMs = Number(input['scaleDownStabilizationSeconds']) * 1_000
    const sizes = input as unknown as { currentReplicas: number; desiredReplicas: number }
    const stable = recommendations.stabilizeBothWays(sizes, recommended(input), {
      windows: { upMs, downMs },
      nowMs: NOW_MS,
    })
    expectSame('replicas', stable.replicas, expect['replicas'])
    if (expect['recommendations'] === undefined) return
    expectSame(
      'log',
      stable.recommendations.map(({ replicas }) => replicas),
      expect['recommendations'],
    )
  },
  storeScaleEvent: runStoreScaleEvent,
  buildQuantity: ({ input, expect }) =>
    expectSame(
      'quantity',
      printMetricValue(String(input['resource']), BigInt(input['rawMilli'] as number)),
      expect['quantity'],
    ),
}

interface CalculatorInput {
  readonly currentReplicas: number
  readonly resource?: string
  readonly container?: string
  readonly targetUtilization?: number
  readonly targetMilli?: number
  readonly tolerance: { readonly scaleUp: number; readonly scaleDown: number }
  readonly pods: readonly PodInput[]
  readonly podMetricsMilli?: Readonly<Record<string, number | Readonly<Record<string, number>>>>
  readonly metricMilli?: readonly (number | bigint)[]
}

/** What the product's defaults are in the tests. */
const GROUPING = {
  cpuInitializationPeriodMs: SETTINGS.cpuInitializationPeriodMs,
  initialReadinessDelayMs: SETTINGS.initialReadinessDelayMs,
  nowMs: NOW_MS,
}

function podsCase(input: CalculatorInput): calculator.PodsCase {
  const { currentReplicas, resource = '', tolerance } = input
  return {
    currentReplicas,
    pods: input.pods.map((pod) => podOf(pod, { resource })),
    metrics: metricsOf(input),
    tolerances: tolerance,
    grouping: { ...GROUPING, resource },
  }
}

function metricsOf({ podMetricsMilli = {}, container }: CalculatorInput): PodMetrics {
  const sum = (usage: number | Readonly<Record<string, number>>): number => {
    if (typeof usage === 'number') return usage
    if (container !== undefined) return usage[container] ?? 0
    return Object.values(usage).reduce((total, one) => total + one, 0)
  }
  return new Map(
    Object.entries(podMetricsMilli).map(([pod, usage]) => [
      pod,
      { valueMilli: BigInt(sum(usage)), timestampMs: NOW_MS, windowMs: 60_000 },
    ]),
  )
}

async function runResource({ input, expect }: OracleCase): Promise<void> {
  const given = input as unknown as CalculatorInput
  const { container, resource = '', targetUtilization, targetMilli, currentReplicas } = given
  const { metrics, pods, tolerances } = podsCase(given)
  const target =
    targetUtilization === undefined
      ? { type: 'AverageValue', averageValue: `${targetMilli}m` }
      : { type: 'Utilization', averageUtilization: targetUtilization }
  const spec: MetricSpec =
    container === undefined
      ? { type: 'Resource', resource: { name: resource, target } }
      : { type: 'ContainerResource', containerResource: { name: resource, container, target } }
  const proposing = proposeFor(spec, {
    namespace: 'test-namespace',
    specReplicas: currentReplicas,
    statusReplicas: currentReplicas,
    podSelector: EVERYTHING,
    pods,
    source: { ...NO_SOURCE, resource: async () => metrics },
    tolerances,
    grouping: GROUPING,
  })
  const outcome = await proposing.catch((error: unknown) => error as Error)
  expectProposal(() => {
    if (outcome instanceof Error) throw outcome
    return outcome.proposal
  }, expect)
}

const NO_SOURCE: MetricsSource = {
  resource: () => Promise.reject(new Error('not asked for')),
  pods: () => Promise.reject(new Error('not asked for')),
  object: () => Promise.reject(new Error('not asked for')),
  external: () => Promise.reject(new Error('not asked for')),
}

function runPods({ input, expect }: OracleCase): void {
  const given = input as unknown as CalculatorInput
  expectProposal(() => calculator.proposeByAverage(BigInt(given.targetMilli ?? 0), podsCase(given)), expect)
}

function runTotal({ input, expect }: OracleCase): void {
  const given = input as unknown as CalculatorInput
  const { currentReplicas, pods, tolerances } = podsCase(given)
  const usageMilli = usageOf(given)
  const target = BigInt(given.targetMilli ?? 0)
  expectProposal(() => calculator.proposeByTotal(target, { currentReplicas, pods, usageMilli, tolerances }), expect)
}

function runShare({ input, expect }: OracleCase): void {
  const given = input as unknown as CalculatorInput
  const { currentReplicas: statusReplicas, tolerances } = podsCase(given)
  const usageMilli = usageOf(given)
  const target = BigInt(given.targetMilli ?? 0)
  expectProposal(() => calculator.proposeByShare(target, { statusReplicas, usageMilli, tolerances }), expect)
}

function usageOf({ metricMilli = [] }: CalculatorInput): bigint {
  return calculator.sumOf(metricMilli.map(BigInt))
}

function expectProposal(propose: () => calculator.Proposal, expect: OracleCase['expect']): void {
  if (expect['errorContains'] !== undefined) {
    const { message } = expectFailure('calculation', propose)
    expectSame(`"${message}" has the words`, message.includes(expect['errorContains'] as string), true)
    return
  }
  const { replicas, usageMilli, utilization } = propose()
  const actual: Record<string, unknown> = { replicas, usageMilli, rawValueMilli: usageMilli, utilization }
  for (const [key, value] of Object.entries(expect)) expectSame(key, actual[key], value)
}

function runGroupPods({ input, expect }: OracleCase): void {
  const resource = String(input['resource'])
  const pods = (input['pods'] as readonly PodInput[]).map((pod) => podOf(pod, { resource }))
  const metrics = Object.entries(
    input['metrics'] as Record<string, { value: number; timestampSecondsAgo: number | null; windowSeconds: number }>,
  ).map(([name, { value, timestampSecondsAgo, windowSeconds }]) => {
    const timestampMs = timestampSecondsAgo === null ? Number.NEGATIVE_INFINITY : NOW_MS - timestampSecondsAgo * 1_000
    return [name, { valueMilli: BigInt(value), timestampMs, windowMs: windowSeconds * 1_000 }] as const
  })
  const groups = groupPods(pods, new Map(metrics), {
    resource,
    nowMs: NOW_MS,
    cpuInitializationPeriodMs: Number(input['cpuInitializationPeriodSeconds']) * 1_000,
    initialReadinessDelayMs: Number(input['initialReadinessDelaySeconds']) * 1_000,
  })
  expectSame('ready', groups.readyCount, expect['readyCount'])
  for (const name of ['unready', 'missing', 'ignored'] as const) {
    expectSameMembers(name, [...groups[name]], expect[name] as readonly unknown[])
  }
}

function runRequests({ input, expect }: OracleCase): void {
  const resource = String(input['resource'])
  const container = String(input['container'])
  const pods = (input['pods'] as readonly PodInput[]).map((pod) => podOf(pod, { resource }))
  const compute = (): ReadonlyMap<string, bigint> =>
    requestsOf(pods, { resource, ...(container === '' ? {} : { container }) })
  if (expect['error'] !== undefined) {
    expectSame('error', expectFailure('requests', compute).message, expect['error'])
    return
  }
  expectSame('requests', Object.fromEntries(compute()), expect['requestsMilli'])
}

interface EventInput {
  readonly replicaChange: number
  readonly secondsAgo: number
}

function eventsOf(list: unknown): readonly ScaleEvent[] {
  return ((list ?? []) as readonly EventInput[]).map(({ replicaChange, secondsAgo }) => ({
    replicaChange,
    timestampMs: NOW_MS - secondsAgo * 1_000,
  }))
}

function historyOf(input: OracleCase['input']): limits.ScalingHistory {
  return {
    scaleUpEvents: eventsOf(input['scaleUpEvents']),
    scaleDownEvents: eventsOf(input['scaleDownEvents']),
    nowMs: NOW_MS,
  }
}

/** `null` stands for the defaults, which the API server fills in. */
function rulesOf(input: OracleCase['input']): limits.BothRules {
  const behavior = {
    ...(input['scaleUpRules'] === null ? {} : { scaleUp: input['scaleUpRules'] }),
    ...(input['scaleDownRules'] === null ? {} : { scaleDown: input['scaleDownRules'] }),
  }
  const { spec } = defaultAutoscaler({ spec: { behavior } } as unknown as HorizontalPodAutoscaler)
  return { scaleUp: spec.behavior?.scaleUp ?? {}, scaleDown: spec.behavior?.scaleDown ?? {} }
}

function recommended(input: OracleCase['input']): readonly recommendations.Recommendation[] {
  return (input['recommendations'] as readonly { replicas: number; secondsAgo: number }[]).map(
    ({ replicas, secondsAgo }) => ({ replicas, timestampMs: NOW_MS - secondsAgo * 1_000 }),
  )
}

function runStoreScaleEvent({ input, expect }: OracleCase): void {
  const events = eventsOf(input['events'])
  const periodSeconds = Number(input['changePeriodSeconds'])
  expectSame('change', changePerPeriod(events, { periodSeconds, nowMs: NOW_MS }), expect['changeInPeriodBefore'])
  const rules = input['rules'] as HPAScalingRules | null
  // Without a behaviour steps are not remembered: nothing would look at them.
  const after = rules === null ? events : withScaleEvent(events, Number(input['change']), { rules, nowMs: NOW_MS })
  const printed = after.map(({ replicaChange, isOutdated = false }) => ({ replicaChange, outdated: isOutdated }))
  expectSame('events', printed, expect['events'])
}
