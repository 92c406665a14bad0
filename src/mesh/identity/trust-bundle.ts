import { X509Certificate } from 'node:crypto'
import { pemCertificates } from '../../api/certificates/read-certificate.ts'
import type { MeshAuthority } from './mesh-authority.ts'

/**
 * Whose word is taken. A certificate must be vouched for by one of the roots *and* name somebody of one of the trust
 * domains: taking an alias out of the mesh's configuration refuses all of that domain, whatever they hold.
 */
export interface TrustBundle {
  readonly trustDomains: ReadonlySet<string>
  readonly roots: readonly X509Certificate[]
  /** The roots as one PEM text: equal texts are equal trust. */
  readonly pem: string
}

/** What the mesh's configuration says of trust. */
export interface TrustConfig {
  readonly trustDomain: string
  readonly trustDomainAliases?: readonly string[]
  /** `meshConfig.caCertificates`: roots beside the mesh's own. */
  readonly caCertificates?: readonly { readonly pem?: string }[]
}

export function trustBundle({ roots }: Pick<MeshAuthority, 'roots'>, config: TrustConfig): TrustBundle {
  const { trustDomain, trustDomainAliases = [], caCertificates = [] } = config
  const texts = new Set([...roots, ...caCertificates.flatMap(({ pem = '' }) => pemCertificates(pem))])
  return {
    trustDomains: new Set([trustDomain, ...trustDomainAliases]),
    roots: [...texts].map((text) => new X509Certificate(text)),
    pem: [...texts].join(''),
  }
}
