import { type AlternativeNames, readAlternativeNames } from './alternative-names.ts'
import {
  DER_TAG,
  type DerElement,
  DerError,
  expectTag,
  partsOf,
  readDer,
  readObjectIdentifier,
  readString,
} from './der-reader.ts'

/** What a PKCS#10 request asks for (RFC 2986), as far as signers look at it. */
export interface CertificateRequest extends AlternativeNames {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** The whole subject and the key, as they go into a certificate. */
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  /** The alternative names as they go into a certificate; absent when there are none. */
  readonly alternativeNames?: Uint8Array
  /** What the signature covers, by which algorithm, and the signature. */
  readonly signed: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
}

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAlternativeName: '2.5.29.17',
} as const

/** Reads a PEM text. Throws an `Error` whose message the API server hands on. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const block = /-----BEGIN ([A-Z ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/.exec(pem)
  if (block?.[1] !== 'CERTIFICATE REQUEST') throw new DerError('PEM block type must be CERTIFICATE REQUEST')
  return readRequest(Buffer.from((block[2] ?? '').replace(/\s/g, ''), 'base64'))
}

function readRequest(bytes: Uint8Array): CertificateRequest {
  const [info, algorithm, signature] = partsOf(expectTag(readDer(bytes), DER_TAG.sequence))
  const [, subject, publicKey, ...attributes] = partsOf(expectTag(info, DER_TAG.sequence))
  const [oid] = partsOf(expectTag(algorithm, DER_TAG.sequence))
  const named = readSubject(expectTag(subject, DER_TAG.sequence))
  const names = attributes.flatMap((one) => (one.tag === CONTEXT_0 ? (alternativeNamesIn(one) ?? []) : []))[0]
  return {
    ...named,
    ...readAlternativeNames(names),
    subject: expectTag(subject, DER_TAG.sequence).bytes,
    publicKey: expectTag(publicKey, DER_TAG.sequence).bytes,
    ...(names === undefined ? {} : { alternativeNames: names.bytes }),
    signed: expectTag(info, DER_TAG.sequence).bytes,
    algorithm: readObjectIdentifier(oid),
    // The first byte counts the bits that are not used.
    signature: expectTag(signature, DER_TAG.bitString).content.subarray(1),
  }
}

const CONTEXT_0 = 0xa0

/** Of several common names the last one counts, as in Go's crypto/x509. */
function readSubject(subject: DerElement): Pick<CertificateRequest, 'commonName' | 'organizations'> {
  const values = (oid: string): readonly string[] =>
    partsOf(subject).flatMap((set) =>
      partsOf(set).flatMap((attribute) => {
        const [type, value] = partsOf(attribute)
        return readObjectIdentifier(type) === oid && value !== undefined ? [readString(value)] : []
      }),
    )
  return { commonName: values(OID.commonName).at(-1) ?? '', organizations: values(OID.organization) }
}

/** The extension for alternative names among those that the attributes ask for. */
function alternativeNamesIn(attributes: DerElement): DerElement | undefined {
  for (const attribute of partsOf(attributes)) {
    const [type, values] = partsOf(attribute)
    if (readObjectIdentifier(type) !== OID.extensionRequest || values === undefined) continue
    for (const extensions of partsOf(values)) {
      for (const extension of partsOf(extensions)) {
        const parts = partsOf(extension)
        if (readObjectIdentifier(parts[0]) !== OID.subjectAlternativeName) continue
        return readDer(expectTag(parts.at(-1), DER_TAG.octetString).content)
      }
    }
  }
  return undefined
}
