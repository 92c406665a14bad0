/** Addresses that were found together, and what they have in common. */
export interface TargetGroup {
  /** Tells groups of one discovery apart: a group with the same source replaces the one before. */
  readonly source: string
  readonly targets: readonly Readonly<Record<string, string>>[]
  readonly labels: Readonly<Record<string, string>>
}

/** Finds targets until the signal ends it; `update` takes the groups that changed. A group without targets is gone. */
export interface Discoverer {
  run(update: (groups: readonly TargetGroup[]) => void, signal: AbortSignal): Promise<void>
}
