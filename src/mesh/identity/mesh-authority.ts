import { createPrivateKey, X509Certificate } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import { messageOf } from '../../base/message-of.ts'
import { type Authority, certifyAuthority, newAuthority } from '../../api/certificates/certificate.ts'
import { chainProblem } from '../../api/certificates/chain.ts'
import { pemBlock, pemCertificates, readCertificate } from '../../api/certificates/read-certificate.ts'
import type { World } from '../../world/world.ts'

/** Signs the certificates of workloads. */
export interface MeshAuthority {
  readonly authority: Authority
  /** Whoever plugged an authority in replaces it; one of the mesh's own is replaced by the mesh. */
  readonly isPluggedIn: boolean
  /** What a workload sends behind its own certificate: the signing one and those above it, the root left out. */
  readonly intermediates: readonly string[]
  /** What workloads verify each other by; several while one root takes over from another. */
  readonly roots: readonly string[]
  /** Since when and until when the signing certificate counts. What it signs ends with it. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

const DAY_MS = 24 * 3_600_000
/** istio/istio security/pkg/cmd/constants.go: a self-signed root lasts ten years ... */
const ROOT_LIFETIME_MS = 3_650 * DAY_MS
/** ... and is replaced when a fifth of them is left (CITADEL_SELF_SIGNED_ROOT_CERT_GRACE_PERIOD_PERCENTILE). */
const ROOT_GRACE_RATIO = 0.2

export type IdentityWorld = Pick<World, 'clock' | 'random' | 'keys'>

/** An authority that nobody stands above, as Istio makes it when it is given none. */
export function newMeshAuthority(options: { readonly organization: string }, world: IdentityWorld): MeshAuthority {
  const { clock, random, keys } = world
  const notBeforeMs = clock.now()
  const notAfterMs = notBeforeMs + ROOT_LIFETIME_MS
  const organizations = [options.organization]
  const authority = newAuthority({ keys, organizations, notBeforeMs, notAfterMs, serial: random.bytes(16) })
  return { authority, isPluggedIn: false, intermediates: [], roots: [authority.certificate], notBeforeMs, notAfterMs }
}

/** Whether the root is so near to its end that another one must begin to be known. */
export function isRootDue({ isPluggedIn, notBeforeMs, notAfterMs }: MeshAuthority, nowMs: number): boolean {
  return !isPluggedIn && nowMs >= notAfterMs - ROOT_GRACE_RATIO * (notAfterMs - notBeforeMs)
}

/**
 * The next root beside the last. It has the same key (istio/istio security/pkg/pki/ca/selfsignedcarootcertrotator.go), so
 * what either of them signed is vouched for by both, and nobody is refused while they are handed round.
 */
export function rotateRoot(mesh: MeshAuthority, { clock, random }: IdentityWorld): MeshAuthority {
  assert(!mesh.isPluggedIn, 'only an authority of the mesh itself is replaced by it')
  const { subject, key, certificate } = mesh.authority
  const notBeforeMs = clock.now()
  const notAfterMs = notBeforeMs + ROOT_LIFETIME_MS
  const authority = certifyAuthority({ subject, key, notBeforeMs, notAfterMs, serial: random.bytes(16) })
  return { ...mesh, authority, roots: [authority.certificate, certificate], notBeforeMs, notAfterMs }
}

/** Another authority's root is trusted beside the own ones: how a mesh moves from one authority to the next. */
export function withRoots(mesh: MeshAuthority, roots: readonly string[]): MeshAuthority {
  const added = roots.filter((root) => !mesh.roots.includes(root))
  return added.length === 0 ? mesh : { ...mesh, roots: [...mesh.roots, ...added] }
}

/** The files of a Secret, as texts. */
export type AuthorityFiles = Readonly<Record<string, string | undefined>>

/** What a Secret `istio-ca-secret` holds, by which a restarted mesh goes on with the authority that it had. */
export function authorityFiles({ authority, roots }: MeshAuthority): AuthorityFiles {
  return { 'ca-cert.pem': authority.certificate, 'ca-key.pem': authority.key, 'root-cert.pem': roots.join('') }
}

/**
 * An authority out of a Secret: `cacerts` (plugged in) or `istio-ca-secret`; `kubernetes.io/tls` has other names for the
 * same. Throws for one that could not vouch for anybody: in Istio's words, with which it refuses to start
 * (istio/istio security/pkg/pki/util/keycertbundle.go, security/pkg/pki/ca/ca.go).
 */
export function readAuthority(
  files: AuthorityFiles,
  { isPluggedIn, nowMs }: { readonly isPluggedIn: boolean; readonly nowMs: number },
): MeshAuthority {
  const signing = files['ca-cert.pem'] ?? files['tls.crt'] ?? ''
  const key = files['ca-key.pem'] ?? files['tls.key'] ?? ''
  const [certificate] = pemCertificates(signing)
  if (certificate === undefined) throw new Error('failed to parse cert PEM: invalid PEM encoded certificate')
  const roots = pemCertificates(files['root-cert.pem'] ?? files['ca.crt'] ?? '')
  const chain = pemCertificates(files['cert-chain.pem'] ?? signing)
  const leaf = parsed(certificate)
  const problem = chainProblem({ leaf, intermediates: chain.map(parsed), roots: roots.map(parsed), nowMs })
  if (problem !== undefined) {
    throw new Error(`cannot verify the cert with the provided root chain and cert pool with error: x509: ${problem}`)
  }
  if (!leaf.checkPrivateKey(privateKeyOf(key))) {
    throw new Error('the cert does not match the key: tls: private key does not match public key')
  }
  const { subject, isAuthority, notBeforeMs, notAfterMs } = readCertificate(pemBlock(certificate))
  if (!isAuthority) throw new Error('certificate is not authorized to sign other certificates')
  const rootPrints = new Set(roots.map((root) => parsed(root).fingerprint256))
  const intermediates = chain.filter((one) => !rootPrints.has(parsed(one).fingerprint256))
  return { authority: { certificate, key, subject }, isPluggedIn, intermediates, roots, notBeforeMs, notAfterMs }
}

function parsed(certificate: string): X509Certificate {
  return new X509Certificate(certificate)
}

function privateKeyOf(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem)
  } catch (failure) {
    throw new Error(`failed to parse private key PEM: ${messageOf(failure)}`, { cause: failure })
  }
}
