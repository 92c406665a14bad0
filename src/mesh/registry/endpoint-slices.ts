import type { ApiObject } from '../../api/object.ts'
import type { MeshEndpoint } from './mesh-service.ts'

export interface EndpointSlice extends ApiObject {
  readonly endpoints?: readonly {
    readonly addresses?: readonly string[]
    readonly conditions?: { readonly ready?: boolean }
    readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string }
    readonly zone?: string
  }[]
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[]
}

const SERVICE_NAME = 'kubernetes.io/service-name'
const NO_LABELS = {}

/** `namespace/name` of the Service whose endpoints a slice lists. */
export function serviceKeyOf({ metadata: { namespace = 'default', labels } }: ApiObject): string {
  return `${namespace}/${labels?.[SERVICE_NAME] ?? ''}`
}

/** The ready ones. Who they are is told by the pods that they point to. */
export function endpointsOf({ endpoints = [], ports = [], metadata }: EndpointSlice): readonly MeshEndpoint[] {
  const byName = Object.fromEntries(ports.map(({ name = '', port = 0 }) => [name, port]))
  const { namespace = 'default' } = metadata
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses = [], targetRef }) => {
      const pod = targetRef?.kind === 'Pod' ? `${targetRef.namespace ?? namespace}/${targetRef.name ?? ''}` : undefined
      return addresses.map((address) => ({
        address,
        labels: NO_LABELS,
        ports: byName,
        ...(pod !== undefined && { pod }),
      }))
    })
}
