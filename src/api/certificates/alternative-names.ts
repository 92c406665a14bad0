import { type DerElement, partsOf, readString } from './der-reader.ts'

/** By what a certificate, or a request for one, names its holder. */
export interface AlternativeNames {
  readonly dnsNames: readonly string[]
  /** As text, such as `10.0.0.1`. */
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
}

/** RFC 5280, section 4.2.1.6: the tag of a general name is what it is. */
export function readAlternativeNames(names: DerElement | undefined): AlternativeNames {
  const parts = names === undefined ? [] : partsOf(names)
  const texts = (tag: number): readonly string[] => parts.filter((part) => part.tag === tag).map(readString)
  return {
    emailAddresses: texts(0x81),
    dnsNames: texts(0x82),
    uris: texts(0x86),
    ipAddresses: parts.filter(({ tag }) => tag === 0x87).map(({ content }) => printAddress(content)),
  }
}

function printAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  )
  return groups.join(':')
}
