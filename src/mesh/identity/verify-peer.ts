import { X509Certificate } from 'node:crypto'
import { messageOf } from '../../base/message-of.ts'
import { chainProblem } from '../../api/certificates/chain.ts'
import { type ReadCertificate, readCertificate } from '../../api/certificates/read-certificate.ts'
import { trustDomainOf } from './spiffe.ts'
import type { TrustBundle } from './trust-bundle.ts'

/** Who is at the other end, or why nobody knows. */
export type PeerVerdict =
  | { readonly uri: string; readonly problem?: undefined }
  | { readonly uri?: undefined; readonly problem: string }

/** Judges the certificates that a peer showed, its own first, as DER. */
export function verifyPeer(chain: readonly Uint8Array[], bundle: TrustBundle, nowMs: number): PeerVerdict {
  const [own, ...intermediates] = chain
  if (own === undefined) return { problem: 'peer did not show a certificate' }
  try {
    const leaf = new X509Certificate(own)
    const above = intermediates.map((bytes) => new X509Certificate(bytes))
    const problem = chainProblem({ leaf, intermediates: above, roots: bundle.roots, nowMs })
    return problem === undefined ? peerNamed(readCertificate(own), bundle) : { problem }
  } catch (failure) {
    return { problem: `certificate cannot be read: ${messageOf(failure)}` }
  }
}

/**
 * The name in a certificate whose chain holds. A workload has exactly one (SPIFFE X.509-SVID, section 2), and an authority
 * is no workload.
 */
export function peerNamed({ uris, isAuthority }: ReadCertificate, { trustDomains }: TrustBundle): PeerVerdict {
  const [uri] = uris
  if (uri === undefined || uris.length > 1) return { problem: 'certificate does not name one workload' }
  if (isAuthority) return { problem: 'certificate is of an authority, not of a workload' }
  const trustDomain = trustDomainOf(uri)
  if (trustDomain === undefined) return { problem: `${uri} is no SPIFFE identity` }
  if (!trustDomains.has(trustDomain)) return { problem: `trust domain ${trustDomain} is not trusted` }
  return { uri }
}
