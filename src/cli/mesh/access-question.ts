import type { PeerConnection } from '../../mesh/authorize/connection.ts'
import type { MeshRequest } from '../../mesh/route/request.ts'
import type { CallerIdentity } from './callers.ts'
import type { MeshWorkload } from './workloads.ts'

/** Who wants what of whom. */
export interface AccessQuestion {
  readonly caller: CallerIdentity
  readonly target: MeshWorkload
  readonly port: number
  /** Undefined for bytes that are no HTTP. */
  readonly request: MeshRequest | undefined
  readonly sni?: string
}

/** As the proxy of the called side sees it. */
export function connectionOf({ caller, target, port, sni }: AccessQuestion): PeerConnection {
  return {
    principal: caller.principal,
    sourceAddress: caller.address,
    destinationAddress: target.addresses[0] ?? '',
    destinationPort: port,
    sni,
  }
}
