import type { ApiObject } from '../../../api/object.ts'

/** networking.istio.io Gateway: what the proxies that it selects listen to. */
export interface Gateway extends ApiObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>
    readonly servers?: readonly GatewayServer[]
  }
}

export interface GatewayServer {
  readonly port: { readonly number: number; readonly name?: string; readonly protocol?: string }
  readonly hosts?: readonly string[]
  readonly tls?: ServerTls
  readonly bind?: string
}

export interface ServerTls {
  readonly mode?: 'PASSTHROUGH' | 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL' | 'ISTIO_MUTUAL' | 'AUTO_PASSTHROUGH'
  readonly httpsRedirect?: boolean
  readonly credentialName?: string
  readonly credentialNames?: readonly string[]
  readonly caCertCredentialName?: string
  readonly serverCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly insecureSkipVerify?: boolean
  /** Hexadecimal, with or without colons. */
  readonly verifyCertificateHash?: readonly string[]
  readonly verifyCertificateSpki?: readonly string[]
  readonly subjectAltNames?: readonly string[]
  readonly minProtocolVersion?: TlsProtocol
  readonly maxProtocolVersion?: TlsProtocol
  readonly cipherSuites?: readonly string[]
  readonly ecdhCurves?: readonly string[]
}

export type TlsProtocol = 'TLS_AUTO' | 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3'
