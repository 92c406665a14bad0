import { deepEqual } from '../../base/equal.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../api/types.generated.ts'
import type { NodeAgent } from '../nodes/node-agent.ts'
import type { Verdict } from './conditions.ts'
import type { ContainerFacts, PodFacts } from './facts.ts'
import type { PodContext } from './pod-context.ts'

/**
 * Changes the resources of a pod while it runs. What the spec wants is granted when the node has it, told as in
 * progress, and then given to the containers: to those that run as they are, to others by a restart. After
 * kubernetes/kubernetes pkg/kubelet/allocation.
 */
export class PodResize {
  readonly #context: PodContext & { resourcesFreed(): void }
  readonly #agent: NodeAgent
  #pending: Verdict | undefined
  #inProgress = false

  constructor(context: PodContext & { resourcesFreed(): void }, agent: NodeAgent) {
    this.#context = context
    this.#agent = agent
  }

  verdicts(): readonly Verdict[] {
    const inProgress: Verdict = { type: 'PodResizeInProgress', status: 'True' }
    return [...(this.#pending === undefined ? [] : [this.#pending]), ...(this.#inProgress ? [inProgress] : [])]
  }

  /** True while a grant waits for other pods to give up what they have. */
  get isDeferred(): boolean {
    return this.#pending?.reason === 'Deferred'
  }

  /** Compares what the spec wants with what was granted, and grants it if that can be. */
  consider(): void {
    const { facts } = this.#context
    if (facts.end !== undefined) return
    if (facts.containers.every((container) => deepEqual(container.granted, container.spec.resources))) {
      this.#pending = undefined
      return
    }
    const refusal = this.#agent.refuseResize(facts.pod, this.#context)
    if (refusal === undefined) {
      this.#grant(facts)
      return
    }
    if (this.#pending?.reason === refusal.reason && this.#pending.message === refusal.message) return
    this.#pending = { type: 'PodResizePending', status: 'True', ...refusal }
    const reason = refusal.reason === 'Infeasible' ? 'ResizeInfeasible' : 'ResizeDeferred'
    const message = `Pod resize ${refusal.reason}: ${summary(facts.pod, refusal.message)}`
    this.#context.event({ type: 'Warning', reason, message })
  }

  /** Gives containers what was granted. Called after the grant was shown. */
  actuate(resizeRunning: (container: ContainerFacts, resources: ResourceRequirements) => void): void {
    if (!this.#inProgress) return
    const { facts } = this.#context
    for (const container of facts.containers) {
      const { run, granted } = container
      if (run === undefined || container.stage !== 'running' || deepEqual(run.resources, granted)) continue
      if (needsRestart(container.spec, run.resources, granted)) {
        container.condemned = { message: `Container ${container.spec.name} resize requires restart`, replaces: true }
      } else {
        resizeRunning(container, granted ?? {})
        container.run = { ...run, resources: granted }
        this.#context.usageChanged()
        this.#context.changed()
      }
    }
    const isDone = facts.containers.every(({ stage, run, granted }) => {
      if (stage === 'absent' || stage === 'exited') return true
      return stage !== 'starting' && deepEqual(run?.resources, granted)
    })
    if (!isDone) return
    this.#inProgress = false
    const message = `Pod resize completed: ${summary(facts.pod)}`
    this.#context.event({ type: 'Normal', reason: 'ResizeCompleted', message })
    this.#context.changed()
  }

  #grant(facts: PodFacts): void {
    this.#pending = undefined
    this.#inProgress = true
    for (const container of facts.containers) container.granted = container.spec.resources
    this.#agent.grant(this.#context.uid, facts.pod.spec)
    this.#context.event({
      type: 'Normal',
      reason: 'ResizeStarted',
      message: `Pod resize started: ${summary(facts.pod)}`,
    })
  }
}

/** Whether the container's own policy asks for a restart to change any of the resources that differ. */
function needsRestart(
  { resizePolicy = [] }: Container,
  from: ResourceRequirements | undefined,
  to: ResourceRequirements | undefined,
): boolean {
  return resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' &&
      (from?.limits?.[resourceName] !== to?.limits?.[resourceName] ||
        from?.requests?.[resourceName] !== to?.requests?.[resourceName]),
  )
}

/** kubernetes/kubernetes pkg/kubelet/events/resize.go: the resources of all containers, as JSON in Go's order of fields. */
function summary({ spec, metadata }: Pod, error?: string): string {
  const listed = (containers: PodSpec['initContainers'] = []): readonly unknown[] =>
    containers.map(({ name, resources = {} }) => ({
      name,
      resources: { ...sortedPart('limits', resources.limits), ...sortedPart('requests', resources.requests) },
    }))
  const { initContainers } = spec
  return JSON.stringify({
    ...(initContainers === undefined ? {} : { initContainers: listed(initContainers) }),
    containers: listed(spec.containers),
    generation: metadata.generation ?? 0,
    ...(error === undefined ? {} : { error }),
  })
}

function sortedPart(name: string, list: Readonly<Record<string, string>> | undefined): Record<string, unknown> {
  if (list === undefined) return {}
  return {
    [name]: Object.fromEntries(
      Object.keys(list)
        .toSorted()
        .map((key) => [key, list[key]]),
    ),
  }
}
