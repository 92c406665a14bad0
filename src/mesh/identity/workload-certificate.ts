import { issue, newKey } from '../../api/certificates/certificate.ts'
import type { IdentityWorld, MeshAuthority } from './mesh-authority.ts'
import { type SpiffeIdentity, spiffeUri } from './spiffe.ts'

/** By what a workload shows who it is, for a day. */
export interface WorkloadCertificate {
  readonly uri: string
  /** Its own certificate and those above it, as one PEM text. */
  readonly chain: string
  readonly key: string
  readonly notAfterMs: number
  /** From when on another one is to be used. */
  readonly rotateAtMs: number
}

const HOUR_MS = 3_600_000
/** istio/istio security/pkg/cmd/constants.go and pilot/cmd/pilot-agent/options: a day, and replaced after half of it ... */
const LIFETIME_MS = 24 * HOUR_MS
const GRACE_RATIO = 0.5
/** ... more or less, so that a fleet does not ask all at once. */
const GRACE_JITTER_RATIO = 0.01
/** Clocks differ (istio/istio security/pkg/pki/util/generate_cert.go). */
const BACKDATE_MS = 2 * 60_000

/** Throws when the authority itself has come to its end. */
export function issueWorkload(
  mesh: MeshAuthority,
  identity: SpiffeIdentity,
  world: IdentityWorld & { readonly lifetimeMs?: number },
): WorkloadCertificate {
  const { clock, random, keys, lifetimeMs = LIFETIME_MS } = world
  const nowMs = clock.now()
  if (nowMs >= mesh.notAfterMs) {
    throw new Error(`signing certificate has expired at ${new Date(mesh.notAfterMs).toISOString()}`)
  }
  const notAfterMs = Math.min(nowMs + lifetimeMs, mesh.notAfterMs)
  const uri = spiffeUri(identity)
  const { publicKey, key } = newKey(keys)
  const certificate = issue(
    {
      subject: {},
      publicKey,
      usages: ['server', 'client'],
      names: [uri],
      notBeforeMs: nowMs - BACKDATE_MS,
      notAfterMs,
      serial: random.bytes(16),
    },
    mesh.authority,
  )
  const graceRatio = GRACE_RATIO + (random.next() * 2 - 1) * GRACE_JITTER_RATIO
  return {
    uri,
    key,
    chain: [certificate, ...mesh.intermediates].join(''),
    notAfterMs,
    rotateAtMs: notAfterMs - graceRatio * (notAfterMs - nowMs),
  }
}
