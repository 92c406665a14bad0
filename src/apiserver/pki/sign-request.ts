import { type CertificateRequest, parseCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { type Authority, extension, issuerKey, OID, signCertificate } from '../../api/certificates/certificate.ts'
import { signatureProblem } from '../../api/certificates/check-signature.ts'
import { bitString, objectIdentifier, sequence } from '../../api/certificates/der-writer.ts'
import type { Clock } from '../../world/clock.ts'
import type { Random } from '../../world/random.ts'

const YEAR_MS = 365 * 24 * 3_600_000
/** kube-controller-manager --cluster-signing-duration, and the least that a request may ask for. */
const LIFETIME_MAX_MS = YEAR_MS
const LIFETIME_MIN_MS = 10 * 60_000
/** Certificates begin a little in the past, for clients whose clocks are slow. */
const BACKDATE_MS = 5 * 60_000

/** RFC 5280, section 4.2.1.3: the bits of keyUsage, in order. */
const KEY_USAGES = [
  'digital signature',
  'content commitment',
  'key encipherment',
  'data encipherment',
  'key agreement',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
] as const

/** RFC 5280, section 4.2.1.12, and what k8s.io/api certificates/v1 calls them. */
const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': OID.serverAuth,
  'client auth': OID.clientAuth,
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

/** How an authority is asked to sign requests: what the signing controllers are handed. */
export interface RequestSigner {
  sign(request: string, options: { usages: readonly string[]; expirationSeconds?: number }): string
}

/** Signs with an authority that is made, or read, when it is first needed. */
export function requestSigner(options: { authority: () => Authority; clock: Clock; random: Random }): RequestSigner {
  const { authority, clock, random } = options
  return {
    sign(pem, { usages, expirationSeconds }) {
      const request = parseCertificateRequest(pem)
      const problem = signatureProblem(request)
      if (problem !== undefined) throw new Error(`unable to verify certificate request signature: ${problem}`)
      const notBeforeMs = clock.now() - BACKDATE_MS
      const lifetimeMs = expirationSeconds === undefined ? LIFETIME_MAX_MS : lifetimeOf(expirationSeconds)
      const extensions = extensionsOf(request, usages, authority())
      const { subject, publicKey } = request
      const body = { subject, publicKey, extensions, issuer: authority().subject, serial: random.bytes(16) }
      return signCertificate({ ...body, notBeforeMs, notAfterMs: clock.now() + lifetimeMs }, authority().key)
    },
  }
}

function lifetimeOf(seconds: number): number {
  return Math.min(LIFETIME_MAX_MS, Math.max(LIFETIME_MIN_MS, seconds * 1_000))
}

function extensionsOf(
  { alternativeNames }: CertificateRequest,
  usages: readonly string[],
  authority: Authority,
): readonly Uint8Array[] {
  const extended = [...new Set(usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []))]
  return [
    ...keyUsageOf(usages),
    ...(extended.length === 0
      ? []
      : [extension(OID.extendedKeyUsage, sequence(...extended.map((oid) => objectIdentifier(oid))))]),
    extension(OID.basicConstraints, sequence(), true),
    issuerKey(authority),
    ...(alternativeNames === undefined ? [] : [extension(OID.subjectAlternativeName, Buffer.from(alternativeNames))]),
  ]
}

function keyUsageOf(usages: readonly string[]): readonly Uint8Array[] {
  // `signing` is an old word for the first of them.
  const bits = KEY_USAGES.map((usage, index) => usages.includes(usage) || (index === 0 && usages.includes('signing')))
  const last = bits.lastIndexOf(true)
  if (last < 0) return []
  const bytes = Buffer.alloc(Math.floor(last / 8) + 1)
  for (const [index, isSet] of bits.entries()) {
    if (isSet) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7))
  }
  return [extension(OID.keyUsage, bitString(bytes, 7 - (last % 8)), true)]
}
