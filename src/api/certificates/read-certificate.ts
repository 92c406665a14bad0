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

/** What an X.509 certificate says (RFC 5280), as far as it is looked at. Nothing of it is verified by reading it. */
export interface ReadCertificate extends AlternativeNames {
  /** The whole subject as it was written: issuers are compared by these bytes. */
  readonly subject: Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** Whether it may sign others. */
  readonly isAuthority: boolean
  readonly subjectKeyIdentifier?: Uint8Array
}

const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
} as const

/** `[0]` holds the version, `[3]` the extensions; names and times stand in a fixed order between them. */
const VERSION_TAG = 0xa0
const EXTENSIONS_TAG = 0xa3
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** Reads DER. Throws a `DerError` for what is no certificate. */
export function readCertificate(bytes: Uint8Array): ReadCertificate {
  const [body] = partsOf(expectTag(readDer(bytes), DER_TAG.sequence))
  const all = partsOf(expectTag(body, DER_TAG.sequence))
  const [, , , validity, subject, , ...optional] = all[0]?.tag === VERSION_TAG ? all.slice(1) : all
  const [notBefore, notAfter] = partsOf(expectTag(validity, DER_TAG.sequence))
  const extensions = extensionsIn(optional.find(({ tag }) => tag === EXTENSIONS_TAG))
  const keyIdentifier = extensions.get(EXTENSION.subjectKeyIdentifier)
  return {
    ...readAlternativeNames(extensions.get(EXTENSION.subjectAlternativeName)),
    subject: expectTag(subject, DER_TAG.sequence).bytes,
    notBeforeMs: readTime(notBefore),
    notAfterMs: readTime(notAfter),
    isAuthority: isAuthority(extensions.get(EXTENSION.basicConstraints)),
    ...(keyIdentifier !== undefined && { subjectKeyIdentifier: keyIdentifier.content }),
  }
}

/** The certificates of a PEM text, in order, each as a text of its own. */
export function pemCertificates(text: string): readonly string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block) => `${block}\n`)
}

/** The bytes of the first block of a PEM text. */
export function pemBlock(text: string): Uint8Array {
  const content = /-----BEGIN [A-Z0-9 ]+-----([^-]+)-----END/.exec(text)?.[1]
  if (content === undefined) throw new DerError('invalid PEM encoded certificate')
  return Buffer.from(content, 'base64')
}

/** By object identifier, what is inside. A doubled extension makes a certificate invalid (RFC 5280, section 4.2). */
function extensionsIn(element: DerElement | undefined): ReadonlyMap<string, DerElement> {
  const found = new Map<string, DerElement>()
  if (element === undefined) return found
  const [list] = partsOf(element)
  for (const extension of partsOf(expectTag(list, DER_TAG.sequence))) {
    const parts = partsOf(extension)
    const oid = readObjectIdentifier(parts[0])
    if (found.has(oid)) throw new DerError('certificate contains duplicate extensions')
    found.set(oid, readDer(expectTag(parts.at(-1), DER_TAG.octetString).content))
  }
  return found
}

function isAuthority(constraints: DerElement | undefined): boolean {
  if (constraints === undefined) return false
  const [flag] = partsOf(constraints)
  return flag?.tag === DER_TAG.boolean && flag.content[0] !== 0
}

/** `260101000000Z` or `20260101000000Z`. Two digits below 50 are of this century (RFC 5280, section 4.1.2.5.1). */
function readTime(element: DerElement | undefined): number {
  if (element?.tag !== UTC_TIME && element?.tag !== GENERALIZED_TIME) throw new DerError('time expected')
  const text = readString(element)
  const full = element.tag === GENERALIZED_TIME ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)
  if (parts === null) throw new DerError(`invalid time ${text}`)
  const [, year, month, day, hour, minute, second] = parts.map(Number)
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0)
}
