import type { PodTemplateSpec } from '../../types.generated.ts'

/** Cells of `kubectl get -o wide` for kinds with a pod template. */
export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ name }) => name).join(',')
}

export function imageNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',')
}
