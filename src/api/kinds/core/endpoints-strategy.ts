import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import { NONE } from '../../columns/common-columns.ts'
import { warningsForIp } from '../../names/ip.ts'
import type { Endpoints, EndpointSubset } from '../../types.generated.ts'

/** So many fit into a cell. */
const SHOWN_MAX = 3

/** pkg/apis/core/v1/defaults.go SetDefaults_Endpoints. */
export function defaultEndpoints(endpoints: Endpoints): Endpoints {
  return changed(endpoints, { subsets: endpoints.subsets && mapChanged(endpoints.subsets, defaultSubset) })
}

/** The kind itself is deprecated: pkg/apis/core/v1/types.go APILifecycleDeprecated. */
export function* endpointsWarnings({ subsets = [] }: Endpoints): Generator<string> {
  yield 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'
  for (const [index, subset] of subsets.entries()) {
    for (const list of ['addresses', 'notReadyAddresses'] as const) {
      for (const [at, { ip }] of (subset[list] ?? []).entries()) {
        yield* warningsForIp(ip, `subsets[${index}].${list}[${at}].ip`)
      }
    }
  }
}

/** `10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 4 more...`: pkg/printers/internalversion/printers.go formatEndpoints. */
export function printEndpoints({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return NONE
  const all = subsets.flatMap(printSubset)
  const shown = all.slice(0, SHOWN_MAX).join(',')
  return all.length > SHOWN_MAX ? `${shown} + ${all.length - SHOWN_MAX} more...` : shown
}

function printSubset({ addresses = [], ports = [] }: EndpointSubset): readonly string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip)
  return ports.flatMap(({ port }) =>
    addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
  )
}

function defaultSubset(subset: EndpointSubset): EndpointSubset {
  const { ports } = subset
  return changed(subset, {
    ports: ports && mapChanged(ports, (port) => changed(port, { protocol: port.protocol || 'TCP' })),
  })
}
