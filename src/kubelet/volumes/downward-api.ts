import { quantityMilli } from '../../api/quantity-cache.ts'
import type { Container, Pod, ResourceFieldSelector } from '../../api/types.generated.ts'

/** What fields of a pod are read from: the pod as it is now, and what the kubelet alone knows yet. */
export interface FieldContext {
  readonly pod: Pod
  readonly podIp: string
  readonly hostIp: string
  /** Of the node: what a container without a limit may use. */
  readonly allocatable: Readonly<Record<string, string>>
}

/** The value of a `fieldRef`; empty for what the pod does not have. */
export function fieldValue(path: string, { pod, podIp, hostIp }: FieldContext): string {
  const { metadata, spec } = pod
  const [, list = '', key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
  if (list === 'labels') return metadata.labels?.[key] ?? ''
  if (list === 'annotations') return metadata.annotations?.[key] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return printMap(metadata.labels)
    case 'metadata.annotations':
      return printMap(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp
    case 'status.podIP':
    case 'status.podIPs':
      return podIp
    default:
      return ''
  }
}

/** The value of a `resourceFieldRef` in units of its divisor, rounded up. */
export function resourceValue(
  { resource, divisor }: ResourceFieldSelector,
  container: Container,
  { allocatable }: FieldContext,
): string {
  const dot = resource.indexOf('.')
  const name = resource.slice(dot + 1)
  const { limits, requests } = container.resources ?? {}
  const given = resource.startsWith('limits.') ? limits?.[name] : requests?.[name]
  const fallback = resource.startsWith('limits.') ? (allocatable[name] ?? '0') : '0'
  const unit = divisor === undefined || divisor === '0' ? '1' : divisor
  return String(Math.ceil(quantityMilli(given ?? fallback) / quantityMilli(unit)))
}

/** `key="value"` lines in the order of keys, as Go quotes (kubernetes/kubernetes pkg/fieldpath/fieldpath.go: FormatMap). */
function printMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}
