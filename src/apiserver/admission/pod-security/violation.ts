import type { Container, PodSpec } from '../../../api/types.generated.ts'

/** What checks look at: a pod, or the template of one. */
export interface PodLike {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

/** Which rule is broken, and how. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type PodCheck = (pod: PodLike) => Violation | undefined

/** In the order in which messages name them. */
export function containersOf({ spec }: PodLike): readonly Container[] {
  return [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...((spec.ephemeralContainers ?? []) as readonly Container[]),
  ]
}

/** `"a", "b"` */
export function quoted(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(', ')
}

export function plural(word: string, items: readonly unknown[]): string {
  return items.length === 1 ? word : `${word}s`
}

/** `container "a"` or `containers "a", "b"` */
export function printContainers(names: readonly string[]): string {
  return `${plural('container', names)} ${quoted(names)}`
}

/** `pod and containers "a", "b"`: who set something. */
export function printSetters(hasPod: boolean, names: readonly string[]): string {
  return [...(hasPod ? ['pod'] : []), ...(names.length === 0 ? [] : [printContainers(names)])].join(' and ')
}

export function distinct(items: readonly string[]): readonly string[] {
  return [...new Set(items)].toSorted()
}

/** Pods in a user namespace of their own are root in it only. */
export function hasOwnUsers({ spec }: PodLike): boolean {
  return spec.hostUsers === false
}

export function isWindows({ spec }: PodLike): boolean {
  return spec.os?.name === 'windows'
}
