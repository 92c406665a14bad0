import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto'
import {
  type Authority,
  extension,
  OID,
  signCertificate,
  type Validity,
} from '../../src/api/certificates/certificate.ts'
import { partsOf, readDer } from '../../src/api/certificates/der-reader.ts'
import {
  bitString,
  boolean,
  element,
  integer,
  objectIdentifier,
  sequence,
  time,
} from '../../src/api/certificates/der-writer.ts'

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'

/** An authority that may take back what it has issued. */
export function revokingAuthority(key: string, commonName: string, validity: Validity): Authority {
  const subject = { commonName }
  const extensions = [
    extension(OID.basicConstraints, sequence(boolean(true)), true),
    // digitalSignature, keyCertSign, cRLSign
    extension(OID.keyUsage, bitString(Buffer.from([0b1000_0110]), 1), true),
  ]
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const certificate = signCertificate({ issuer: subject, subject, publicKey, extensions, ...validity }, key)
  return { subject, key, certificate }
}

/** RFC 5280, section 5.1: what an authority has taken back, as PEM. */
export function revocationList(
  { certificate, key }: Authority,
  revoked: readonly string[],
  { notBeforeMs, notAfterMs }: Pick<Validity, 'notBeforeMs' | 'notAfterMs'>,
): string {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256))
  const entries = revoked.map((pem) => {
    const serial = Buffer.from(new X509Certificate(pem).serialNumber, 'hex')
    return sequence(integer(serial), time(notBeforeMs))
  })
  const toBeSigned = sequence(
    integer(Buffer.from([1])),
    algorithm,
    subjectOf(certificate),
    time(notBeforeMs),
    time(notAfterMs),
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
  )
  const list = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, createPrivateKey(key))))
  const lines = list.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`
}

/** As it stands in the certificate: behind version, serial number, algorithm, issuer and validity. */
function subjectOf(certificate: string): Buffer {
  const [body] = partsOf(readDer(new X509Certificate(certificate).raw))
  const subject = body === undefined ? undefined : partsOf(body)[5]
  if (subject === undefined) throw new Error('a certificate has a subject')
  return element(subject.tag, subject.content)
}
