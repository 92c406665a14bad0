import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  context,
  integer,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from './der-writer.ts'
import { pemBlock, readCertificate } from './read-certificate.ts'

/** Object identifiers of RFC 5280, RFC 4055, RFC 5758 and RFC 8410. */
export const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  rsaWithSha256: '1.2.840.113549.1.1.11',
  ed25519: '1.3.101.112',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAlternativeName: '2.5.29.17',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** Who a certificate speaks of: to the API server, `commonName` is the user and `organizations` are its groups. */
export interface Subject {
  readonly commonName?: string
  readonly organizations?: readonly string[]
}

/** A certificate and its key, as PEM texts. */
export interface Credential {
  readonly certificate: string
  readonly key: string
}

export interface Authority extends Credential {
  /** As it was written, where somebody else made the authority: issuers are compared by their bytes. */
  readonly subject: Subject | Uint8Array
}

/** Where new keys come from. */
export interface KeyMaker {
  generate(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

/** From when to when a certificate counts, and its number. */
export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** 16 random bytes. */
  readonly serial: Uint8Array
}

export interface CertificateRequest extends Validity {
  readonly subject: Subject
  readonly publicKey: KeyObject
  readonly usages: readonly ('server' | 'client')[]
  /** DNS names, IP addresses, and URIs such as `spiffe://cluster.local/ns/default/sa/web`. */
  readonly names?: readonly string[]
}

/** A new key: its public half, and the private one as PEM. */
export function newKey(keys: KeyMaker): { publicKey: KeyObject; key: string } {
  const { publicKey, privateKey } = keys.generate()
  return { publicKey, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** An authority that vouches for itself. */
export function newAuthority(options: Subject & Validity & { readonly keys: KeyMaker }): Authority {
  const { keys, commonName, organizations, ...validity } = options
  const subject = {
    ...(commonName !== undefined && { commonName }),
    ...(organizations !== undefined && { organizations }),
  }
  return certifyAuthority({ subject, key: newKey(keys).key, ...validity })
}

/**
 * A certificate by which a key may sign others. Without an authority above it the key vouches for itself; another such
 * certificate for the same key takes over what the first signed.
 */
export function certifyAuthority(
  options: Validity & { readonly subject: Subject | Uint8Array; readonly key: string },
  above?: Authority,
): Authority {
  const { subject, key } = options
  const publicKey = createPublicKey(key)
  const extensions = [
    extension(OID.basicConstraints, sequence(boolean(true)), true),
    // digitalSignature, keyEncipherment, keyCertSign
    extension(OID.keyUsage, bitString(Buffer.from([0b1010_0100]), 2), true),
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    ...(above === undefined ? [] : [issuerKey(above)]),
  ]
  const body = { ...options, publicKey: spkiOf(publicKey), extensions, issuer: above?.subject ?? subject }
  return { subject, key, certificate: signCertificate(body, above?.key ?? key) }
}

/** A certificate for a key, vouched for by `authority`. */
export function issue(request: CertificateRequest, authority: Authority): string {
  const usages = request.usages.map((usage) => objectIdentifier(usage === 'server' ? OID.serverAuth : OID.clientAuth))
  const names = request.names ?? []
  // RFC 5280, section 4.2.1.6: where the subject says nothing, the names are all there is to go by.
  const isNamesOnly = request.subject.commonName === undefined && request.subject.organizations === undefined
  const extensions = [
    // digitalSignature, keyEncipherment
    extension(OID.keyUsage, bitString(Buffer.from([0b1010_0000]), 5), true),
    extension(OID.extendedKeyUsage, sequence(...usages)),
    extension(OID.basicConstraints, sequence(), true),
    issuerKey(authority),
    ...(names.length === 0
      ? []
      : [extension(OID.subjectAlternativeName, sequence(...names.map(generalName)), isNamesOnly)]),
  ]
  const publicKey = spkiOf(request.publicKey)
  return signCertificate({ ...request, publicKey, extensions, issuer: authority.subject }, authority.key)
}

/** A new key and a certificate for it. */
export function newCredential(
  request: Omit<CertificateRequest, 'publicKey'> & { readonly keys: KeyMaker },
  authority: Authority,
): Credential {
  const { publicKey, key } = newKey(request.keys)
  return { key, certificate: issue({ ...request, publicKey }, authority) }
}

/** What an authority says about a key. Names are to be written, or stand already as they are in a request. */
export interface CertificateBody extends Validity {
  readonly issuer: Subject | Uint8Array
  readonly subject: Subject | Uint8Array
  /** A SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

/** RFC 5280, section 4.1: TBSCertificate and the signature over it, as PEM. */
export function signCertificate(body: CertificateBody, issuerKey: string): string {
  const signer = createPrivateKey(issuerKey)
  const algorithm = algorithmOf(signer)
  const toBeSigned = sequence(
    context(0, integer(Buffer.from([2])), 'constructed'),
    integer(body.serial),
    algorithm,
    nameOf(body.issuer),
    sequence(time(body.notBeforeMs), time(body.notAfterMs)),
    nameOf(body.subject),
    body.publicKey,
    context(3, sequence(...body.extensions), 'constructed'),
  )
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : 'sha256', toBeSigned, signer)
  return pem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(signature)))
}

/** What a key signs by. RSA is written with parameters, though it has none. */
function algorithmOf({ asymmetricKeyType }: KeyObject): Buffer {
  if (asymmetricKeyType === 'ed25519') return sequence(objectIdentifier(OID.ed25519))
  if (asymmetricKeyType === 'rsa') return sequence(objectIdentifier(OID.rsaWithSha256), nothing())
  return sequence(objectIdentifier(OID.ecdsaWithSha256))
}

function nameOf(name: Subject | Uint8Array): Uint8Array {
  if (name instanceof Uint8Array) return name
  const { commonName, organizations = [] } = name
  const attribute = (oid: string, value: string): Buffer => setOf(sequence(objectIdentifier(oid), utf8String(value)))
  return sequence(
    ...organizations.map((organization) => attribute(OID.organization, organization)),
    ...(commonName === undefined ? [] : [attribute(OID.commonName, commonName)]),
  )
}

export function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  return sequence(objectIdentifier(oid), ...(isCritical ? [boolean(true)] : []), octetString(value))
}

function generalName(name: string): Buffer {
  if (name.includes('://')) return context(6, Buffer.from(name, 'ascii'), 'primitive')
  if (/^\d+(\.\d+){3}$/.test(name)) return context(7, Buffer.from(name.split('.').map(Number)), 'primitive')
  if (name.includes(':')) return context(7, ipv6Bytes(name), 'primitive')
  return context(2, Buffer.from(name, 'ascii'), 'primitive')
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(spkiOf(key)).digest()
}

/** Which key of the issuer signed: called as the issuer's own certificate calls it. */
export function issuerKey({ certificate }: Credential): Buffer {
  const named = readCertificate(pemBlock(certificate)).subjectKeyIdentifier
  const identifier = named ?? keyIdentifier(createPublicKey(certificate))
  return extension(OID.authorityKeyIdentifier, sequence(context(0, identifier, 'primitive')))
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
