import { internalError, invalid, invalidValue } from '../../api/errors.ts'
import { isHeadless } from '../../api/kinds/core/service-strategy.ts'
import type { Service, ServiceSpec } from '../../api/types.generated.ts'
import type { Random } from '../../world/random.ts'
import { draw, type Range } from './draw.ts'

/**
 * 10.96.0.0/12, as kubeadm has it, without its first and its last address. The first 256 are for those who choose
 * (pkg/registry/core/service/ipallocator/ipallocator.go).
 */
export const CLUSTER_IP_CIDR = '10.96.0.0/12'
/** The API server's own. */
export const FIRST_CLUSTER_IP = '10.96.0.1'
const FIRST = (10 << 24) + (96 << 16) + 1
const RANGE: Range = { size: 2 ** 20 - 2, reserved: 256 }

/** pkg/registry/core/service/storage/alloc.go allocClusterIPs and updateClusterIPs, in a cluster of one family. */
export function withClusterIp(
  service: Service,
  old: Service | undefined,
  taken: () => ReadonlySet<string>,
  random: Random,
): ServiceSpec {
  const { metadata, spec } = service
  const isNew = old === undefined || old.spec.type === 'ExternalName'
  if (!isNew || spec.type === 'ExternalName' || isHeadless(spec)) return spec
  const asked = spec.clusterIPs?.[0] ?? ''
  const clusterIP = asked === '' ? anyAddress(taken(), random) : asked
  const why = asked === '' ? undefined : whyRefused(asked, taken())
  if (why !== undefined) {
    const rule = `failed to allocate IP ${asked}: ${why}`
    throw invalid('', 'Service', metadata.name, [invalidValue('spec.clusterIPs', spec.clusterIPs, rule)])
  }
  return { ...spec, clusterIP, clusterIPs: [clusterIP] }
}

function anyAddress(taken: ReadonlySet<string>, random: Random): string {
  const offset = draw(RANGE, random, (one) => !taken.has(addressAt(one)))
  if (offset === undefined) throw internalError('failed to allocate a serviceIP: range is full')
  return addressAt(offset)
}

function whyRefused(address: string, taken: ReadonlySet<string>): string | undefined {
  const offset = offsetOf(address)
  if (offset < 0 || offset >= RANGE.size) return 'the provided network does not match the current range'
  return taken.has(address) ? 'provided IP is already allocated' : undefined
}

function addressAt(offset: number): string {
  const address = FIRST + offset
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.')
}

/** Of an address that was found well-formed. */
function offsetOf(address: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  return a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d - FIRST
}
