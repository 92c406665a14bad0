import {
  type Authority,
  type Credential,
  newAuthority,
  newCredential,
  newKey,
  type Subject,
} from '../../api/certificates/certificate.ts'
import type { World } from '../../world/world.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** Certificates begin a little in the past, for clients whose clocks are slow. */
const BACKDATE_MS = 5 * 60_000

/** What makes a cluster itself across restarts: its authority, and the key that signs its tokens. */
export interface ClusterIdentity {
  readonly authority: Authority
  /** PEM of the private key for service accounts' tokens. */
  readonly tokenKey: string
}

/** What certificates are made with. */
export type CertificateWorld = Pick<World, 'clock' | 'random' | 'keys'>

export function newClusterIdentity({ clock, random, keys }: CertificateWorld): ClusterIdentity {
  const notBeforeMs = clock.now() - BACKDATE_MS
  return {
    authority: newAuthority({
      keys,
      commonName: 'dabba-ca',
      notBeforeMs,
      notAfterMs: notBeforeMs + 10 * YEAR_MS,
      serial: random.bytes(16),
    }),
    tokenKey: newKey(keys).key,
  }
}

/** The API server's own certificate, for the names that clients and pods reach it by. */
export function servingCredential(identity: ClusterIdentity, world: CertificateWorld): Credential {
  const names = [
    'localhost',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '127.0.0.1',
    '::1',
    '10.96.0.1',
  ]
  return credential(identity, world, { subject: { commonName: 'kube-apiserver' }, usages: ['server'], names })
}

/** A client's certificate: `commonName` is its user, `organizations` are its groups. */
export function clientCredential(identity: ClusterIdentity, subject: Subject, world: CertificateWorld): Credential {
  return credential(identity, world, { subject, usages: ['client'], names: [] })
}

function credential(
  { authority }: ClusterIdentity,
  { clock, random, keys }: CertificateWorld,
  request: { subject: Subject; usages: readonly ('server' | 'client')[]; names: readonly string[] },
): Credential {
  const notBeforeMs = clock.now() - BACKDATE_MS
  const notAfterMs = notBeforeMs + YEAR_MS
  return newCredential({ ...request, keys, notBeforeMs, notAfterMs, serial: random.bytes(16) }, authority)
}
