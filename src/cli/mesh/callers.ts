import { principalOf } from '../../mesh/registry/workload.ts'
import type { MeshModel } from './mesh-model.ts'
import { gatewayNamed, gatewayTitle, workloadNamed } from './parties.ts'
import type { MeshWorkload } from './workloads.ts'

/** Who calls, as the called side can tell. */
export interface CallerIdentity {
  readonly title: string
  /** Undefined for who cannot prove anything. */
  readonly principal: string | undefined
  readonly address: string
}

/** Of the range that is set aside for documentation: nobody's. */
const ADDRESS_ELSEWHERE = '203.0.113.7'
const SPIFFE = /^(?:spiffe:\/\/)?([^/:]+\/ns\/[^/]+\/sa\/[^/]+)$/
const SERVICE_ACCOUNT = /^sa:([^.]+)(?:\.(.+))?$/

/**
 * `WORKLOAD.NAMESPACE`; `sa:NAME.NAMESPACE` for whoever runs as a service account; `spiffe://…`; `ingress:GATEWAY`; or
 * `anyone`, who has no certificate of the mesh.
 */
export function callerNamed(model: MeshModel, text: string, address: string | undefined): CallerIdentity {
  const spiffe = SPIFFE.exec(text)?.[1]
  if (spiffe !== undefined) return { title: spiffe, principal: spiffe, address: address ?? ADDRESS_ELSEWHERE }
  if (text === 'anyone') return anyone(address)
  const [, account, namespace = model.namespace] = SERVICE_ACCOUNT.exec(text) ?? []
  if (account !== undefined) {
    const { trustDomain = 'cluster.local' } = model.snapshot.mesh
    const principal = `${trustDomain}/ns/${namespace}/sa/${account}`
    return { title: `service account ${account}.${namespace}`, principal, address: address ?? ADDRESS_ELSEWHERE }
  }
  const [word = '', ...gateway] = text.split(':')
  if (word === 'ingress') return gatewayCaller(model, gateway.join(':') || undefined, address)
  const { workload, isAssumed } = workloadNamed(model, text)
  const title = `${workload.name}.${workload.namespace}${isAssumed ? ' (assumed)' : ''}`
  const identity = identityOf(workload, workload.hasSidecar ? title : `${title}, without a sidecar`)
  return address === undefined ? identity : { ...identity, address }
}

/** Somebody outside, or without a sidecar: nobody can tell who. */
export function anyone(address: string = ADDRESS_ELSEWHERE): CallerIdentity {
  return { title: 'anyone', principal: undefined, address }
}

export function identityOf(workload: MeshWorkload, title: string): CallerIdentity {
  const principal = workload.hasSidecar ? principalOf(workload) : undefined
  return { title, principal, address: workload.addresses[0] ?? ADDRESS_ELSEWHERE }
}

function gatewayCaller(model: MeshModel, name: string | undefined, address: string | undefined): CallerIdentity {
  const party = gatewayNamed(model, name, { host: '', port: 80 })
  const identity = identityOf(party.workload, gatewayTitle(party))
  return address === undefined ? identity : { ...identity, address }
}
