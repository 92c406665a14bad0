import type { Container, PodSpec } from '../../types.generated.ts'

/** Every container of a pod and where it stands: init containers, containers, ephemeral ones, as upstream visits them. */
export function* containersWithPath(spec: PodSpec, field: string): Generator<readonly [Container, string]> {
  const prefix = field === '' ? '' : `${field}.`
  for (const name of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const [index, container] of (spec[name] ?? []).entries()) yield [container, `${prefix}${name}[${index}]`]
  }
}
