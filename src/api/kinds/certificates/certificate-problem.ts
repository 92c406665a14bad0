import { X509Certificate } from 'node:crypto'

const PEM_BLOCK = /-----BEGIN ([^\n-]+)-----\s*?\n([^]*?)-----END \1-----/g

/** What is wrong with an issued certificate, base64 of PEM: pkg/apis/certificates/validation validateCertificate. */
export function certificateProblem(certificate: string): string | undefined {
  const blocks = [...Buffer.from(certificate, 'base64').toString('latin1').matchAll(PEM_BLOCK)]
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block'
  for (const [block, type = '', body = ''] of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (body.includes(':')) return 'no PEM block headers are permitted'
    if (!isCertificate(block)) return 'x509: malformed certificate'
  }
  return undefined
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    // The library has more to say than Go, which has these words for whatever it cannot read.
    return false
  }
}
