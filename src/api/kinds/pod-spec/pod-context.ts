import type { PodSpec, Volume } from '../../types.generated.ts'

/** What the validation of one part of a pod must know of the others. */
export interface PodContext {
  /** A pod is held to a few more rules than a template. */
  readonly isPod: boolean
  readonly spec: PodSpec
  /** The volumes that are valid themselves, by name. */
  readonly volumes: ReadonlyMap<string, Volume>
  readonly claimNames: ReadonlySet<string>
  /** Whether the pod shares the host's user namespace. */
  readonly hostUsers: boolean
}

/** Where a pod spec stands, and in what. */
export interface PodSpecPlace {
  readonly field: string
  readonly isPod: boolean
  /** Absent for a template, whose pods have no names yet. */
  readonly podName?: string | undefined
}
