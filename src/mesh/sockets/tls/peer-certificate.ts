import { createHash, X509Certificate } from 'node:crypto'
import { type ReadCertificate, readCertificate } from '../../../api/certificates/read-certificate.ts'
import type { WorkloadCertificate } from '../../identity/workload-certificate.ts'
import type { TlsLimits } from '../../exchange/steps.ts'

/** The certificate that the other side of a connection showed. */
export interface PeerCertificate {
  readonly x509: X509Certificate
  readonly read: ReadCertificate
}

/** `undefined` for what cannot be read: whoever shows that, shows nothing. */
export function peerCertificate(x509: X509Certificate): PeerCertificate | undefined {
  try {
    return { x509, read: readCertificate(x509.raw) }
  } catch {
    return undefined
  }
}

/** Whether one of `names` is among those of the certificate, as Envoy compares them: DNS names may have a wildcard. */
export function hasAnyName({ dnsNames, uris, ipAddresses, emailAddresses }: ReadCertificate, names: readonly string[]) {
  return names.some(
    (name) =>
      uris.includes(name) ||
      ipAddresses.includes(name) ||
      emailAddresses.includes(name) ||
      dnsNames.some((pattern) => covers(pattern.toLowerCase(), name.toLowerCase())),
  )
}

/** Whether the certificate or its key is one of those that a server names, if it names any. */
export function hasAnyHash({ x509 }: PeerCertificate, { certificateHashes, keyHashes }: TlsLimits): boolean {
  if (certificateHashes === undefined && keyHashes === undefined) return true
  if (certificateHashes?.includes(printOf(x509)) === true) return true
  const key = x509.publicKey.export({ type: 'spki', format: 'der' })
  return keyHashes?.includes(createHash('sha256').update(key).digest('base64')) === true
}

function printOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase()
}

/** `*.shop.example` covers one label more and no other depth. */
function covers(pattern: string, name: string): boolean {
  if (pattern === name) return true
  if (!pattern.startsWith('*.')) return false
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot) === pattern.slice(1)
}

/**
 * What `x-forwarded-client-cert` says of a client, behind who verified it: the certificate's hash, and what of it the proxy
 * passes on (envoyproxy/envoy source/common/http/conn_manager_utility.cc, mutateXfccRequestHeader).
 */
export function forwardedText({ x509, read }: PeerCertificate, includesCertificate: boolean): string {
  const parts = [
    `Hash=${printOf(x509)}`,
    ...(includesCertificate ? [`Cert="${encodeURIComponent(x509.toString())}"`] : []),
    `Subject="${subjectOf(x509)}"`,
    `URI=${read.uris.join(';URI=')}`,
    ...read.dnsNames.map((name) => `DNS=${name}`),
  ]
  return parts.join(';')
}

/** As RFC 2253 writes it: the last part first. */
function subjectOf({ subject }: X509Certificate): string {
  return (subject ?? '').split('\n').toReversed().join(',')
}

const KNOWN_TEXTS = new WeakMap<WorkloadCertificate, string>()

/** The same of a workload's certificate, as its own proxy would show it to another. */
export function ownCertificateText(own: WorkloadCertificate): string {
  const known = KNOWN_TEXTS.get(own)
  if (known !== undefined) return known
  const x509 = new X509Certificate(own.chain)
  const text = forwardedText({ x509, read: readCertificate(x509.raw) }, false)
  KNOWN_TEXTS.set(own, text)
  return text
}
