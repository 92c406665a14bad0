import { quantityMilli } from '../../../src/api/quantity-cache.ts'
import type { Pod } from '../../../src/api/types.generated.ts'
import { printTime } from '../../../src/world/clock.ts'

/** When the cases happen, in milliseconds since the epoch. */
export const NOW_MS = Date.UTC(2026, 9, 20)

const ZERO_TIME = '0001-01-01T00:00:00Z'

/** `null` is Go's zero time. */
export function timeAgo(seconds: number | null): string {
  return seconds === null ? ZERO_TIME : printTime(NOW_MS - seconds * 1_000)
}

export interface PodInput {
  readonly name: string
  readonly phase?: string
  readonly ready?: 'True' | 'False'
  readonly readyCondition?: { readonly status: string; readonly transitionSecondsAgo: number | null } | null
  readonly startedSecondsAgo?: number | null
  readonly deleting?: boolean
  /** Per container, or of each of two containers a half. */
  readonly requests?: Readonly<Record<string, string>>
  readonly requestCPU?: string
  readonly containers?: readonly ContainerInput[]
  readonly initContainers?: readonly ContainerInput[]
  readonly podRequestMilli?: number
}

interface ContainerInput {
  readonly name: string
  readonly requestMilli?: number
  readonly restartPolicy?: string
}

export function podOf(
  input: PodInput,
  { resource, labels = {} }: { resource: string; labels?: Record<string, string> },
): Pod {
  const started = timeAgo(input.startedSecondsAgo ?? null)
  const ready = readyOf(input, started)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: input.name,
      namespace: 'test-namespace',
      labels,
      ...(input.deleting === true ? { deletionTimestamp: timeAgo(0) } : {}),
    },
    spec: {
      containers: containersOf(input, resource),
      ...(input.initContainers === undefined
        ? {}
        : { initContainers: input.initContainers.map((one) => container(one, resource)) }),
      ...(input.podRequestMilli === undefined
        ? {}
        : { resources: { requests: { [resource]: `${input.podRequestMilli}m` } } }),
    },
    status: {
      phase: input.phase ?? 'Running',
      startTime: started,
      ...(ready === undefined ? {} : { conditions: [ready] }),
    },
  } as unknown as Pod
}

function readyOf({ ready, readyCondition }: PodInput, started: string): object | undefined {
  if (readyCondition === null) return undefined
  if (readyCondition !== undefined) {
    const { status, transitionSecondsAgo } = readyCondition
    return { type: 'Ready', status, lastTransitionTime: timeAgo(transitionSecondsAgo) }
  }
  return ready === undefined ? undefined : { type: 'Ready', status: ready, lastTransitionTime: started }
}

function containersOf({ requests, requestCPU, containers }: PodInput, resource: string): readonly object[] {
  if (containers !== undefined) return containers.map((one) => container(one, resource))
  if (requestCPU !== undefined) {
    const half = `${Math.trunc(quantityMilli(requestCPU) / 2)}m`
    return ['container1', 'container2'].map((name) => ({ name, resources: { requests: { cpu: half } } }))
  }
  return ['container1', 'container2'].map((name) => {
    const request = requests?.[name]
    return { name, ...(request === undefined ? {} : { resources: { requests: { [resource]: request } } }) }
  })
}

function container({ name, requestMilli, restartPolicy }: ContainerInput, resource: string): object {
  return {
    name,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(requestMilli === undefined ? {} : { resources: { requests: { [resource]: `${requestMilli}m` } } }),
  }
}
