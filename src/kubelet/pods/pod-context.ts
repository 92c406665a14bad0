import type { EventNote } from '../../client/events.ts'
import type { KubeletDeps } from '../deps.ts'
import type { ImageQueue } from '../images/image-queue.ts'
import type { FieldContext } from '../volumes/downward-api.ts'
import type { EventBudget } from '../../client/event-budget.ts'
import type { ContainerFacts, PodFacts } from './facts.ts'

/** What the parts of a pod's worker share. */
export interface PodContext {
  readonly deps: KubeletDeps
  readonly node: string
  readonly uid: string
  readonly images: ImageQueue
  readonly facts: PodFacts
  readonly budget: EventBudget
  fields(): FieldContext
  /** What the pod's own grace period is. */
  graceMs(): number
  /** Something about the pod has changed: decide again, soon. */
  changed(): void
  /** Containers have come or gone, or have other limits: the node's use of memory is to be looked at. */
  usageChanged(): void
  /** Look again when something that a pod of this namespace may refer to has changed. */
  awaitReferences(): void
  /** Ends the pod for the sake of its node. */
  evict(message: string): void
  /** Writes an event about the pod, or about one container of it. */
  event(note: EventNote, container?: ContainerFacts): void
}

/** `web_default(4f5c…)`: how messages name a pod (kubernetes/kubernetes pkg/kubelet/util/format/pod.go). */
export function printPod({ pod }: PodFacts): string {
  return `${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})`
}

export function fieldPathOf({ role, spec }: ContainerFacts): string {
  const list = {
    init: 'initContainers',
    sidecar: 'initContainers',
    main: 'containers',
    ephemeral: 'ephemeralContainers',
  }
  return `spec.${list[role]}{${spec.name}}`
}
