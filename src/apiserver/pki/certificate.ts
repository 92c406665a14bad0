import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { KeySource } from '../../world/keys.ts'
import {
  bitString,
  boolean,
  context,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from './der.ts'

/** Object identifiers of RFC 5280, RFC 5758 and RFC 8410. */
export const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
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
  readonly commonName: string
  readonly organizations?: readonly string[]
}

/** A certificate and its key, as PEM texts. */
export interface Credential {
  readonly certificate: string
  readonly key: string
}

export interface Authority extends Credential {
  readonly subject: Subject
}

export interface CertificateRequest {
  readonly subject: Subject
  readonly publicKey: KeyObject
  readonly usages: readonly ('server' | 'client')[]
  /** DNS names and IP addresses. */
  readonly names?: readonly string[]
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** 16 random bytes. */
  readonly serial: Uint8Array
}

/** A new key: its public half, and the private one as PEM. */
export function newKey(keys: KeySource): { publicKey: KeyObject; key: string } {
  const { publicKey, privateKey } = keys.generate()
  return { publicKey, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** An authority that vouches for itself. */
export function newAuthority(options: {
  keys: KeySource
  commonName: string
  notBeforeMs: number
  notAfterMs: number
  serial: Uint8Array
}): Authority {
  const { publicKey, key } = newKey(options.keys)
  const subject = { commonName: options.commonName }
  const extensions = [
    extension(OID.basicConstraints, sequence(boolean(true)), true),
    // digitalSignature, keyEncipherment, keyCertSign
    extension(OID.keyUsage, bitString(Buffer.from([0b1010_0100]), 2), true),
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
  ]
  const body = { ...options, subject, publicKey: spkiOf(publicKey), extensions, issuer: subject }
  return { subject, key, certificate: signCertificate(body, key) }
}

/** A certificate for a key, vouched for by `authority`. */
export function issue(request: CertificateRequest, authority: Authority): string {
  const usages = request.usages.map((usage) => objectIdentifier(usage === 'server' ? OID.serverAuth : OID.clientAuth))
  const names = request.names ?? []
  const authorityKey = createPublicKey(authority.certificate)
  const extensions = [
    // digitalSignature, keyEncipherment
    extension(OID.keyUsage, bitString(Buffer.from([0b1010_0000]), 5), true),
    extension(OID.extendedKeyUsage, sequence(...usages)),
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.authorityKeyIdentifier, sequence(context(0, keyIdentifier(authorityKey), 'primitive'))),
    ...(names.length === 0 ? [] : [extension(OID.subjectAlternativeName, sequence(...names.map(generalName)))]),
  ]
  const publicKey = spkiOf(request.publicKey)
  return signCertificate({ ...request, publicKey, extensions, issuer: authority.subject }, authority.key)
}

/** A new key and a certificate for it. */
export function newCredential(
  request: Omit<CertificateRequest, 'publicKey'> & { readonly keys: KeySource },
  authority: Authority,
): Credential {
  const { publicKey, key } = newKey(request.keys)
  return { key, certificate: issue({ ...request, publicKey }, authority) }
}

/** What an authority says about a key. */
export interface CertificateBody {
  readonly serial: Uint8Array
  readonly issuer: Subject
  /** A name as it stands in a request, or one to be written. */
  readonly subject: Subject | Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** A SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

/** RFC 5280, section 4.1: TBSCertificate and the signature over it, as PEM. */
export function signCertificate(body: CertificateBody, issuerKey: string): string {
  const signer = createPrivateKey(issuerKey)
  const isEdwards = signer.asymmetricKeyType === 'ed25519'
  const algorithm = sequence(objectIdentifier(isEdwards ? OID.ed25519 : OID.ecdsaWithSha256))
  const toBeSigned = sequence(
    context(0, integer(Buffer.from([2])), 'constructed'),
    integer(body.serial),
    algorithm,
    nameOf(body.issuer),
    sequence(time(body.notBeforeMs), time(body.notAfterMs)),
    body.subject instanceof Uint8Array ? body.subject : nameOf(body.subject),
    body.publicKey,
    context(3, sequence(...body.extensions), 'constructed'),
  )
  const signature = sign(isEdwards ? null : 'sha256', toBeSigned, signer)
  return pem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(signature)))
}

function nameOf({ commonName, organizations = [] }: Subject): Buffer {
  const attribute = (oid: string, value: string): Buffer => setOf(sequence(objectIdentifier(oid), utf8String(value)))
  return sequence(
    ...organizations.map((organization) => attribute(OID.organization, organization)),
    attribute(OID.commonName, commonName),
  )
}

export function extension(oid: string, value: Buffer, isCritical = false): Buffer {
  return sequence(objectIdentifier(oid), ...(isCritical ? [boolean(true)] : []), octetString(value))
}

function generalName(name: string): Buffer {
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

export function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha1').update(spkiOf(key)).digest()
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
