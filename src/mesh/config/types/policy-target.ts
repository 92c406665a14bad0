/** Which workloads a policy is for; none of the fields: all that its namespace has, and with the root namespace all. */
export interface PolicyTarget {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  /** The older form of a single reference. */
  readonly targetRef?: TargetReference
  readonly targetRefs?: readonly TargetReference[]
}

export interface TargetReference {
  readonly group?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
}
