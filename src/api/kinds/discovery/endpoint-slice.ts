import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { DiscoveryEndpointPort, EndpointSlice as EndpointSliceObject } from '../../types.generated.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { validateEndpointSlice } from './validate-endpoint-slice.ts'

export type EndpointSlice = EndpointSliceObject

const SHOWN_MAX = 3

export const EndpointSlice: Kind<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  schema: () => builtinSchema('io.k8s.api.discovery.v1.EndpointSlice'),

  default: (slice) => changed(slice, { ports: slice.ports && mapChanged(slice.ports, defaultPort) }),
  prepareForUpdate: prepareForUpdate,
  validate: validateEndpointSlice,
  columns: [
    nameColumn(),
    {
      name: 'AddressType',
      type: 'string',
      description: 'The type of the addresses.',
      cell: ({ addressType }) => addressType,
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'The ports that each endpoint opens.',
      cell: ({ ports = [] }) => printSome(ports.map(({ port, name }) => String(port ?? name ?? '*'))),
    },
    {
      name: 'Endpoints',
      type: 'string',
      description: 'The addresses of the endpoints.',
      cell: ({ endpoints = [] }) => printSome(endpoints.flatMap(({ addresses }) => addresses)),
    },
    ageColumn(),
  ],
}

/** pkg/apis/discovery/v1/defaults.go SetDefaults_EndpointPort. */
function defaultPort(port: DiscoveryEndpointPort): DiscoveryEndpointPort {
  return changed(port, { name: port.name ?? '', protocol: port.protocol ?? 'TCP' })
}

/** pkg/registry/discovery/endpointslice/strategy.go: labels say whose slice it is, and count as a part of what it says. */
function prepareForUpdate(slice: EndpointSlice, old: EndpointSlice): EndpointSlice {
  if (semanticEqual(slice.metadata.labels, old.metadata.labels)) return slice
  return { ...slice, metadata: { ...slice.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
}

function printSome(texts: readonly string[]): string {
  if (texts.length === 0) return '<unset>'
  const list = texts.slice(0, SHOWN_MAX).join(',')
  return texts.length > SHOWN_MAX ? `${list} + ${texts.length - SHOWN_MAX} more...` : list
}
