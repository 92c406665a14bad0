import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'
import { type Authority, type Credential, newAuthority, newCredential, newKey, type Subject } from './certificate.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** Certificates begin a little in the past, for clients whose clocks are slow. */
const BACKDATE_MS = 5 * 60_000

/** What makes a cluster itself across restarts: its authority, and the key that signs its tokens. */
export interface ClusterIdentity {
  readonly authority: Authority
  /** PEM of the private key for service accounts' tokens. */
  readonly tokenKey: string
}

export function newClusterIdentity(clock: Clock, random: Random): ClusterIdentity {
  const notBeforeMs = clock.now() - BACKDATE_MS
  return {
    authority: newAuthority({
      commonName: 'dabba-ca',
      notBeforeMs,
      notAfterMs: notBeforeMs + 10 * YEAR_MS,
      serial: random.bytes(16),
    }),
    tokenKey: newKey().key,
  }
}

/** The API server's own certificate, for the names that clients and pods reach it by. */
export function servingCredential(identity: ClusterIdentity, clock: Clock, random: Random): Credential {
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
  return credential(identity, { clock, random, subject: { commonName: 'kube-apiserver' }, usages: ['server'], names })
}

/** A client's certificate: `commonName` is its user, `organizations` are its groups. */
export function clientCredential(
  identity: ClusterIdentity,
  subject: Subject,
  clock: Clock,
  random: Random,
): Credential {
  return credential(identity, { clock, random, subject, usages: ['client'], names: [] })
}

function credential(
  { authority }: ClusterIdentity,
  options: {
    clock: Clock
    random: Random
    subject: Subject
    usages: readonly ('server' | 'client')[]
    names: readonly string[]
  },
): Credential {
  const { clock, random, ...request } = options
  const notBeforeMs = clock.now() - BACKDATE_MS
  return newCredential(
    { ...request, notBeforeMs, notAfterMs: notBeforeMs + YEAR_MS, serial: random.bytes(16) },
    authority,
  )
}
