import type { MtlsMode, PeerAuthentication } from '../config/types/peer-authentication.ts'

/** What a workload asks of its callers: one mode for all ports, and exceptions by the workload's port. */
export interface PeerModes {
  readonly mode: MtlsMode
  readonly byPort: ReadonlyMap<number, MtlsMode>
}

/**
 * The workload's own policy is heard before its namespace's and that before the mesh's; the oldest of each counts, and
 * only the workload's own may speak of ports. Rules: istio/istio pilot/pkg/security/authn/policy_applier.go.
 */
export function peerModes(
  policies: readonly PeerAuthentication[],
  workload: {
    readonly namespace: string
    readonly labels: Readonly<Record<string, string>>
    readonly rootNamespace: string
  },
): PeerModes {
  const { namespace, labels, rootNamespace } = workload
  const home = policies.filter((policy) => namespaceOf(policy) === namespace)
  const forAll = (list: readonly PeerAuthentication[]) => list.find((policy) => !hasSelector(policy))
  const own =
    namespace === rootNamespace ? undefined : home.find((policy) => hasSelector(policy) && isSelected(policy, labels))
  const root = policies.filter((policy) => namespaceOf(policy) === rootNamespace)
  const levels = [own, namespace === rootNamespace ? undefined : forAll(home), forAll(root)]
  const mode = levels.map(modeOf).find((value) => value !== undefined) ?? 'PERMISSIVE'
  const byPort = new Map<number, MtlsMode>()
  for (const [port, { mode: written }] of Object.entries(own?.spec?.portLevelMtls ?? {})) {
    byPort.set(Number(port), written === undefined || written === 'UNSET' ? mode : written)
  }
  return { mode, byPort }
}

function modeOf(policy: PeerAuthentication | undefined): MtlsMode | undefined {
  const mode = policy?.spec?.mtls?.mode
  return mode === 'UNSET' ? undefined : mode
}

function namespaceOf({ metadata }: PeerAuthentication): string {
  return metadata.namespace ?? 'default'
}

function hasSelector({ spec }: PeerAuthentication): boolean {
  return Object.keys(spec?.selector?.matchLabels ?? {}).length > 0
}

function isSelected({ spec }: PeerAuthentication, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(spec?.selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
}
