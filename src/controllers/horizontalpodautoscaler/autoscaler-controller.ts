import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import type { Scale } from '../../api/types.generated.ts'
import { isConflict } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventNote, EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import type { Clock } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { writeStatus } from '../write-status.ts'
import { AutoscalerMemory } from './autoscaler-memory.ts'
import { AUTOSCALER_DEFAULTS, type AutoscalerOptions } from './autoscaler-options.ts'
import { Conditions } from './conditions.ts'
import type { MetricsSource } from './metrics-source.ts'
import { rulesOf } from './normalize.ts'
import { type Decision, decide, SelectorFailure, statusAfter } from './round.ts'

const NAMESPACE_INDEX = 'namespace'
/** How often a scale that somebody else wrote to meanwhile is tried again. */
const CONFLICT_RETRIES = 3

/** The size of what is scaled, read and written: see `ScaleTargets`. */
export interface Scales {
  get(target: HorizontalPodAutoscaler['spec']['scaleTargetRef'], namespace: string): Promise<Scale>
  set(target: HorizontalPodAutoscaler['spec']['scaleTargetRef'], scale: Scale, replicas: number): Promise<void>
}

export interface AutoscalerDeps extends Pick<ClusterOptions, 'client' | 'informers' | 'clock' | 'events'> {
  readonly source: MetricsSource
  readonly scales: Scales
  readonly options?: Partial<AutoscalerOptions>
  /** What is remembered already, by key of the autoscaler; a controller that has just started remembers nothing. */
  readonly memories?: Map<string, AutoscalerMemory>
}

/**
 * Sizes what HorizontalPodAutoscalers point to by their metrics: every autoscaler once a sync period, whatever happens in
 * between (kubernetes/kubernetes:pkg/controller/podautoscaler/horizontal.go).
 */
export class HorizontalPodAutoscalerController implements Controller {
  readonly name = 'horizontal-pod-autoscaler'
  readonly sources: readonly Source[] = [watches(HorizontalPodAutoscaler)]
  readonly #deps: AutoscalerDeps
  readonly #clock: Clock
  readonly #options: AutoscalerOptions
  readonly #events: EventRecorder
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>
  readonly #pods: Informer<Pod>
  readonly #memories: Map<string, AutoscalerMemory>
  readonly #dueMs = new Map<string, number>()
  /** Selectors of all targets, by key of the autoscaler: two of them must not scale the same pods. */
  readonly #selectors = new Map<string, { readonly namespace: string; readonly matcher: LabelMatcher }>()

  constructor(deps: AutoscalerDeps) {
    this.#deps = deps
    this.#clock = deps.clock
    this.#memories = deps.memories ?? new Map<string, AutoscalerMemory>()
    this.#options = { ...AUTOSCALER_DEFAULTS, ...deps.options }
    this.#events = deps.events('horizontal-pod-autoscaler')
    this.#autoscalers = deps.informers.of(HorizontalPodAutoscaler)
    this.#pods = deps.informers.of(Pod)
  }

  async start({ informers }: ControllerContext): Promise<void> {
    this.#pods.addIndex(NAMESPACE_INDEX, ({ metadata }) => [metadata.namespace ?? ''])
    await informers.synced()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const name = printKey(key)
    const autoscaler = this.#autoscalers.get(key)
    if (autoscaler === undefined) {
      this.#memories.delete(name)
      this.#dueMs.delete(name)
      this.#selectors.delete(name)
      return DONE
    }
    const nowMs = this.#clock.now()
    const dueMs = this.#dueMs.get(name) ?? nowMs + this.#options.syncPeriodMs
    if (nowMs < dueMs) {
      this.#dueMs.set(name, dueMs)
      return requeueAfter(dueMs - nowMs)
    }
    this.#dueMs.set(name, nowMs + this.#options.syncPeriodMs)
    await this.round(autoscaler)
    return requeueAfter(this.#options.syncPeriodMs)
  }

  /** One look at the metrics, and what follows from it. Its failures are told in conditions and events. */
  async round(autoscaler: HorizontalPodAutoscaler): Promise<Decision | undefined> {
    const { scaleTargetRef: target } = autoscaler.spec
    const { namespace = '' } = autoscaler.metadata
    const nowMs = this.#clock.now()
    const conditions = new Conditions(autoscaler.status?.conditions ?? [], nowMs)
    if (!this.#options.scaleToZero) conditions.remove('ScaledToZero')
    let scale: Scale
    try {
      scale = await this.#deps.scales.get(target, namespace)
    } catch (error) {
      const words = (error as Error).message
      await this.#note(autoscaler, { type: 'Warning', reason: 'FailedGetScale', message: words })
      const message = `the HPA controller was unable to get the target's current scale: ${words}`
      conditions.set({ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message })
      const currentReplicas = autoscaler.status?.currentReplicas ?? 0
      await this.#write(autoscaler, { currentReplicas, decision: undefined, conditions })
      return undefined
    }
    const message = "the HPA controller was able to get the target's current scale"
    conditions.set({ type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale', message })
    const currentReplicas = scale.spec?.replicas ?? 0
    const memory = this.#memoryOf(printKey(keyOf(autoscaler)), currentReplicas)
    const view = {
      specReplicas: currentReplicas,
      statusReplicas: scale.status?.replicas ?? 0,
      selector: scale.status?.selector ?? '',
    }
    const decision = await decide(autoscaler, view, {
      source: this.#deps.source,
      memory,
      options: this.#options,
      nowMs,
      conditions,
      select: (selector) => this.#select(autoscaler, selector),
    })
    for (const note of decision.events) await this.#note(autoscaler, note)
    if (decision.error !== undefined) {
      await this.#write(autoscaler, { currentReplicas, decision: undefined, conditions })
      return decision
    }
    const isDone = !decision.isRescale || (await this.#rescale(autoscaler, { scale, decision, conditions, memory }))
    await this.#write(autoscaler, { currentReplicas, decision: isDone ? decision : undefined, conditions })
    return decision
  }

  /** Remembers as the first recommendation of a target its size when it was first seen. */
  #memoryOf(name: string, currentReplicas: number): AutoscalerMemory {
    const present = this.#memories.get(name)
    if (present !== undefined) return present
    const memory = new AutoscalerMemory([{ replicas: currentReplicas, timestampMs: this.#clock.now() }])
    this.#memories.set(name, memory)
    return memory
  }

  async #rescale(
    autoscaler: HorizontalPodAutoscaler,
    given: { scale: Scale; decision: Decision; conditions: Conditions; memory: AutoscalerMemory },
  ): Promise<boolean> {
    const { decision, conditions, memory } = given
    const { replicas, reason } = decision
    const from = given.scale.spec?.replicas ?? 0
    try {
      await this.#setScale(autoscaler, given.scale, replicas)
    } catch (error) {
      const words = (error as Error).message
      const told = `New size: ${replicas}; reason: ${reason}; error: ${words}`
      await this.#note(autoscaler, { type: 'Warning', reason: 'FailedRescale', message: told })
      const message = `the HPA controller was unable to update the target scale: ${words}`
      conditions.set({ type: 'AbleToScale', status: 'False', reason: 'FailedUpdateScale', message })
      return false
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`
    conditions.set({ type: 'AbleToScale', status: 'True', reason: 'SucceededRescale', message })
    this.#noteZero(conditions, replicas)
    const told = `New size: ${replicas}; reason: ${reason}`
    await this.#note(autoscaler, { type: 'Normal', reason: 'SuccessfulRescale', message: told })
    if (autoscaler.spec.behavior !== undefined) {
      memory.noteScale({ from, to: replicas }, { ...rulesOf(autoscaler), nowMs: this.#clock.now() })
    }
    return true
  }

  /** Whether it was us who scaled to zero: then, and only then, metrics may scale up from there. */
  #noteZero(conditions: Conditions, replicas: number): void {
    if (!this.#options.scaleToZero) return
    const type = 'ScaledToZero'
    if (replicas === 0) {
      const message = 'the HPA controller scaled the target to zero replicas'
      conditions.set({ type, status: 'True', reason: 'ScaledToZero', message })
    } else if (conditions.has(type)) {
      const message = 'the target has at least one replica'
      conditions.set({ type, status: 'False', reason: 'NotScaledToZero', message })
    }
  }

  /** Somebody may have written to the target since: if its size is still what was decided upon, the decision stands. */
  async #setScale(autoscaler: HorizontalPodAutoscaler, scale: Scale, replicas: number): Promise<void> {
    const { scaleTargetRef: target } = autoscaler.spec
    let latest = scale
    for (let retries = 0; ; retries++) {
      try {
        return await this.#deps.scales.set(target, latest, replicas)
      } catch (error) {
        if (!isConflict(error) || retries === CONFLICT_RETRIES) throw error
        latest = await this.#deps.scales.get(target, autoscaler.metadata.namespace ?? '')
        if (latest.spec?.replicas !== scale.spec?.replicas) throw error
      }
    }
  }

  /** The target's pods, if its selector is one and no other autoscaler has any of them. */
  #select(autoscaler: HorizontalPodAutoscaler, text: string): { matcher: LabelMatcher; pods: readonly Pod[] } {
    const key = printKey(keyOf(autoscaler))
    const { namespace = '' } = autoscaler.metadata
    const matcher = parseSelector(text)
    this.#selectors.set(key, { namespace, matcher })
    const pods = this.#pods
      .byIndex(NAMESPACE_INDEX, namespace)
      .filter(({ metadata }) => matcher.matches(metadata.labels))
    const selecting = [...this.#selectors]
      .filter(([, other]) => other.namespace === namespace)
      .filter(([name, other]) => name === key || pods.some(({ metadata }) => other.matcher.matches(metadata.labels)))
      .map(([name]) => name)
      .sort()
    if (pods.length > 0 && selecting.length > 1) {
      const words = `pods by selector ${text} are controlled by multiple HPAs: [${selecting.join(' ')}]`
      throw new SelectorFailure(words, { event: 'AmbiguousSelector', reason: 'AmbiguousSelector', words })
    }
    return { matcher, pods }
  }

  async #note(autoscaler: HorizontalPodAutoscaler, note: EventNote): Promise<void> {
    await this.#events.record(autoscaler, note)
  }

  async #write(
    autoscaler: HorizontalPodAutoscaler,
    found: { currentReplicas: number; decision: Decision | undefined; conditions: Conditions },
  ): Promise<void> {
    const status = statusAfter(autoscaler, { ...found, nowMs: this.#clock.now() })
    await writeStatus(autoscaler, status, { client: this.#deps.client, informer: this.#autoscalers })
  }
}

function parseSelector(text: string): LabelMatcher {
  if (text === '') {
    const words = "the HPA target's scale is missing a selector"
    throw new SelectorFailure('selector is required', { event: 'SelectorRequired', reason: 'InvalidSelector', words })
  }
  try {
    return parseLabelSelector(text)
  } catch (error) {
    const cause = (error as Error).message
    const words = `couldn't convert selector into a corresponding internal selector object: ${cause}`
    throw new SelectorFailure(words, { event: 'InvalidSelector', reason: 'InvalidSelector', words })
  }
}
