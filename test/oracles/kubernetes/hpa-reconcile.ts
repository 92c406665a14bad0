import { defaultAutoscaler } from '../../../src/api/kinds/autoscaling/default-autoscaler.ts'
import { HorizontalPodAutoscaler } from '../../../src/api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { conflict } from '../../../src/api/errors.ts'
import type { Scale } from '../../../src/api/types.generated.ts'
import { AutoscalerMemory } from '../../../src/controllers/horizontalpodautoscaler/autoscaler-memory.ts'
import {
  HorizontalPodAutoscalerController,
  type Scales,
} from '../../../src/controllers/horizontalpodautoscaler/autoscaler-controller.ts'
import {
  AUTOSCALER_DEFAULTS,
  type AutoscalerOptions,
} from '../../../src/controllers/horizontalpodautoscaler/autoscaler-options.ts'
import type { MetricsSource, PodMetrics } from '../../../src/controllers/horizontalpodautoscaler/metrics-source.ts'
import { type TestCluster, testCluster } from '../../support/cluster.ts'
import { expectSame, expectSameMembers, type OracleCase } from '../oracle.ts'
import { NOW_MS, type PodInput, podOf } from './hpa-pods.ts'

/** The controller's settings in the tests of upstream. */
export const SETTINGS: AutoscalerOptions = {
  ...AUTOSCALER_DEFAULTS,
  cpuInitializationPeriodMs: 120_000,
  initialReadinessDelayMs: 10_000,
  scaleUpLimit: { factor: 8, minimum: 4 },
  configurableTolerance: false,
}

const NAMESPACE = 'test-namespace'
const NAME = 'test-hpa'
const POD_LABELS = { name: 'test-pod' }

interface ReconcileInput {
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly specReplicas: number
  readonly statusReplicas: number
  readonly metrics?: readonly object[]
  readonly behavior?: object
  readonly reportedLevelsMilli?: readonly number[]
  readonly pods: readonly PodInput[]
  readonly podLabels?: Record<string, string>
  readonly otherHPASelectors?: readonly Record<string, string>[]
  readonly recommendations?: readonly { replicas: number; secondsAgo: number }[]
  readonly featureGates?: { readonly HPAScaleToZero?: boolean; readonly HPAConfigurableTolerance?: boolean }
  readonly initialConditions?: readonly object[]
  readonly faults?: readonly string[]
}

/** One round of the real controller over one autoscaler of a real cluster; scales and metrics are the case's. */
export async function runReconcile({ input, expect }: OracleCase): Promise<void> {
  const given = input as unknown as ReconcileInput
  await using cluster = await testCluster()
  await cluster.clock.runUntil(NOW_MS)
  const autoscaler = autoscalerOf(given)
  await fill(cluster, given, autoscaler)
  const scales = new CaseScales(given)
  const memories = new Map<string, AutoscalerMemory>()
  if (given.recommendations !== undefined) {
    const remembered = given.recommendations.map(({ replicas, secondsAgo }) => ({
      replicas,
      timestampMs: NOW_MS - secondsAgo * 1_000,
    }))
    memories.set(`${NAMESPACE}/${NAME}`, new AutoscalerMemory(remembered))
  }
  const { featureGates = {} } = given
  const controller = new HorizontalPodAutoscalerController({
    ...cluster,
    source: metricsOf(given),
    scales,
    memories,
    options: {
      ...SETTINGS,
      scaleToZero: featureGates.HPAScaleToZero ?? false,
      configurableTolerance: featureGates.HPAConfigurableTolerance ?? false,
    },
  })
  cluster.informers.of(HorizontalPodAutoscaler)
  await controller.start({ ...cluster, enqueue: () => undefined })
  for (const other of otherAutoscalers(given)) await controller.round(other)
  scales.written = undefined
  const decision = await controller.round(autoscaler)
  const after = cluster.informers.of(HorizontalPodAutoscaler).get({ namespace: NAMESPACE, name: NAME })
  const conditions = after?.status?.conditions ?? []
  check(expect, {
    desiredReplicas: scales.written ?? given.specReplicas,
    scaleUpdated: scales.written !== undefined,
    conditions: conditions.map(({ type, status, reason }) => ({ type, status, reason })),
    cpuUtilization: after?.status?.currentMetrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.current
      .averageUtilization,
    error: decision === undefined || decision.error !== undefined || conditions.some(isFailedUpdate),
  })
}

function isFailedUpdate({ reason }: { readonly reason?: string }): boolean {
  return reason === 'FailedUpdateScale'
}

function check(expect: OracleCase['expect'], actual: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(expect)) {
    if (key === 'conditions') expectSameMembers(key, actual[key] as readonly unknown[], value as readonly unknown[])
    else expectSame(key, actual[key], value)
  }
}

function autoscalerOf(given: ReconcileInput): HorizontalPodAutoscaler {
  const { minReplicas, maxReplicas, metrics, behavior, initialConditions } = given
  return defaultAutoscaler({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'test-rc' },
      minReplicas,
      maxReplicas,
      ...(metrics === undefined ? {} : { metrics }),
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: {
      currentReplicas: given.specReplicas,
      desiredReplicas: given.specReplicas,
      ...(initialConditions === undefined ? {} : { conditions: initialConditions }),
    },
  } as unknown as HorizontalPodAutoscaler)
}

/** Straight into the store: some cases have objects that no API server would let in. */
async function fill(cluster: TestCluster, given: ReconcileInput, autoscaler: HorizontalPodAutoscaler): Promise<void> {
  const { store } = cluster
  await store.create(`${HorizontalPodAutoscaler.group}/${HorizontalPodAutoscaler.plural}`, autoscaler)
  const labels = given.podLabels ?? POD_LABELS
  for (const pod of given.pods) await store.create('/pods', podOf(pod, { resource: 'cpu', labels }))
}

function otherAutoscalers({ otherHPASelectors = [] }: ReconcileInput): readonly HorizontalPodAutoscaler[] {
  return otherHPASelectors.map(
    (labels, index) =>
      ({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: `other-${index}`, namespace: NAMESPACE },
        spec: {
          scaleTargetRef: { kind: 'Other', name: printLabels(labels) },
          minReplicas: 1,
          maxReplicas: 5,
          metrics: [],
        },
      }) as unknown as HorizontalPodAutoscaler,
  )
}

function printLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

class CaseScales implements Scales {
  written: number | undefined
  readonly #given: ReconcileInput
  #conflicts: number

  constructor(given: ReconcileInput) {
    this.#given = given
    this.#conflicts = this.#has('scale.update.conflict.once') ? 1 : 0
  }

  async get(target: { readonly kind: string; readonly name: string }): Promise<Scale> {
    if (this.#has('scale.get')) throw new Error('no scale')
    const { specReplicas, statusReplicas } = this.#given
    const own = this.#has('scale.selector.missing')
      ? ''
      : this.#has('scale.selector.unparsable')
        ? 'cheddar cheese'
        : 'name=test-pod'
    return {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: target.name, namespace: NAMESPACE },
      spec: { replicas: specReplicas },
      status: { replicas: statusReplicas, selector: target.kind === 'Other' ? target.name : own },
    } as Scale
  }

  async set(_target: unknown, _scale: Scale, replicas: number): Promise<void> {
    if (this.#has('scale.update')) throw new Error('no update')
    if (this.#conflicts-- > 0) {
      throw conflict({ group: '', resource: 'replicationcontrollers' }, 'test-rc', 'somebody else wrote first')
    }
    this.written = replicas
  }

  #has(fault: string): boolean {
    return this.#given.faults?.includes(fault) === true
  }
}

/** Levels are per pod; a container reports half of its pod's. */
function metricsOf({ reportedLevelsMilli = [], pods, faults = [] }: ReconcileInput): MetricsSource {
  const failing = (what: string): void => {
    if (faults.includes('metrics') || faults.includes(what)) throw new Error('something went wrong')
  }
  const perPod = (share: bigint): PodMetrics =>
    new Map(
      reportedLevelsMilli.map((level, index) => [
        pods[index]?.name ?? `test-pod-${index}`,
        { valueMilli: BigInt(level) / share, timestampMs: NOW_MS, windowMs: 60_000 },
      ]),
    )
  return {
    async resource({ container }) {
      failing('metrics.resource')
      return perPod(container === undefined ? 1n : 2n)
    },
    async pods() {
      failing('metrics.pods')
      return perPod(1n)
    },
    async object() {
      failing('metrics.object')
      const [first] = reportedLevelsMilli
      if (first === undefined) throw new Error('no metrics returned')
      return BigInt(first)
    },
    async external() {
      failing('metrics.external')
      return reportedLevelsMilli.map(BigInt)
    },
  }
}
