import type { ProcessUsage } from '../../../world/process-usage.ts'
import type { MetricFamily } from '../../instrument/metric-families.ts'
import {
  ComponentExporters,
  type ComponentExportersOptions,
  CONTROLLER_MANAGER_PORT,
  type ExportedComponent,
  SCHEDULER_PORT,
} from './component-exporters.ts'
import { processFamilies } from './process-families.ts'
import { QueueMetrics } from './queue-metrics.ts'
import { ClientRequestMetrics } from './request-metrics.ts'
import { SchedulerMetrics, type WaitingPods } from './scheduler-metrics.ts'

export interface ControlPlaneState {
  usage(): ProcessUsage
  waitingPods(): WaitingPods
}

/** What the scheduler and the controllers count of themselves, and where that is told. */
export class ControlPlaneMetrics {
  readonly queues = new QueueMetrics()
  readonly scheduler = new SchedulerMetrics()
  readonly schedulerRequests = new ClientRequestMetrics()
  readonly controllerRequests = new ClientRequestMetrics()
  readonly #state: ControlPlaneState

  constructor(state: ControlPlaneState) {
    this.#state = state
  }

  /** Lets each part answer for its own. */
  export(options: Omit<ComponentExportersOptions, 'components'>): void {
    void new ComponentExporters({ ...options, components: this.#components() })
  }

  /** What the API server tells besides its own, as where all of them are one process; what parts share would collide. */
  besidesApiServer(): readonly MetricFamily[] {
    return [...this.queues.families(), ...this.#schedulerFamilies()]
  }

  #components(): readonly ExportedComponent[] {
    const { queues, controllerRequests, schedulerRequests } = this
    const ownProcess = (): readonly MetricFamily[] => processFamilies(this.#state.usage())
    return [
      {
        port: CONTROLLER_MANAGER_PORT,
        families: () => [...queues.families(), ...controllerRequests.families(), ...ownProcess()],
      },
      {
        port: SCHEDULER_PORT,
        families: () => [...this.#schedulerFamilies(), ...schedulerRequests.families(), ...ownProcess()],
      },
    ]
  }

  #schedulerFamilies(): readonly MetricFamily[] {
    return this.scheduler.families(this.#state.waitingPods())
  }
}
