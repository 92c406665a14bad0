import { countOf, error, type Maybe, type Problem, warning } from './problem.ts'

/** How a gateway, or a Sidecar's listener, terminates TLS. */
export interface ServerTls {
  readonly httpsRedirect?: boolean
  readonly mode?: string
  readonly serverCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly credentialNames?: Maybe<readonly string[]>
  readonly tlsCertificates?: Maybe<readonly Certificate[]>
  readonly subjectAltNames?: Maybe<readonly string[]>
  readonly minProtocolVersion?: string
  readonly cipherSuites?: Maybe<readonly string[]>
}

interface Certificate {
  readonly serverCertificate?: string
  readonly privateKey?: string
}

/** Of BoringSSL, without those for shared keys (istio/istio pkg/config/security/security.go). */
const CIPHER_SUITES: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
])

const OLD_VERSIONS: readonly string[] = ['TLSV1_0', 'TLSV1_1']
const CERTIFICATES_MAX = 2

/** What a gateway does when it is not told. */
export function modeOf({ mode = 'PASSTHROUGH' }: ServerTls): string {
  return mode
}

export function isPassthrough(tls: ServerTls): boolean {
  return ['PASSTHROUGH', 'AUTO_PASSTHROUGH'].includes(modeOf(tls))
}

export function* validateServerTls(tls: Maybe<ServerTls>): Generator<Problem> {
  if (tls === undefined || tls === null) return
  const suites = tls.cipherSuites ?? []
  if (OLD_VERSIONS.includes(tls.minProtocolVersion ?? '') && suites.length === 0) {
    const because = 'as by default they no longer include compatible ciphers.'
    yield warning(`TLS version below TLSV1_2 require setting compatible ciphers ${because}`)
  }
  yield* warnOfCipherSuites(suites)
  if (modeOf(tls) === 'ISTIO_MUTUAL') yield* validateIstioMutual(tls)
  else yield* validateCertificates(tls)
}

function* warnOfCipherSuites(suites: readonly string[]): Generator<Problem> {
  const invalid = suites.filter((suite) => !isCipherSuite(suite))
  const duplicate = suites.filter((suite, index) => isCipherSuite(suite) && suites.indexOf(suite) !== index)
  if (invalid.length > 0) yield warning(`ignoring invalid cipher suites: ${printSet(invalid)}`)
  if (duplicate.length > 0) yield warning(`ignoring duplicate cipher suites: ${printSet(duplicate)}`)
}

/** Expressions, as `-ALL`, are left to the proxy. */
function isCipherSuite(suite: string): boolean {
  return suite === '' || suite === 'ALL' || !/^[\p{L}\p{N}]/u.test(suite) || CIPHER_SUITES.has(suite)
}

function printSet(texts: readonly string[]): string {
  return `[${[...new Set(texts)].toSorted().join(' ')}]`
}

/** The mesh's own certificates leave no choice. */
function* validateIstioMutual(tls: ServerTls): Generator<Problem> {
  const cannot = 'ISTIO_MUTUAL TLS cannot have associated'
  if (isSet(tls.serverCertificate)) yield error(`${cannot} server certificate`)
  if (isSet(tls.privateKey)) yield error(`${cannot} private key`)
  if (isSet(tls.caCertificates)) yield error(`${cannot} CA bundle`)
  if (countOf(tls.tlsCertificates) > 0) yield error(`${cannot} tlsCertificates`)
  if (isSet(tls.credentialName)) yield error(`${cannot} credentialName`)
  if (countOf(tls.credentialNames) > 0) yield error(`${cannot} credentialNames`)
}

function* validateCertificates(tls: ServerTls): Generator<Problem> {
  const mode = modeOf(tls)
  const { serverCertificate, privateKey, caCertificates, caCrl } = tls
  const isNamed = isSet(tls.credentialName) || countOf(tls.credentialNames) > 0
  const hasFiles = [caCrl, serverCertificate, privateKey, caCertificates].some(isSet)
  if (isPassthrough(tls) && (hasFiles || isNamed || countOf(tls.tlsCertificates) > 0)) {
    yield warning(`${mode} mode does not use certificates, they will be ignored`)
  }
  const sources = [
    isSet(serverCertificate) && isSet(privateKey),
    isSet(tls.credentialName),
    countOf(tls.credentialNames) > 0,
    countOf(tls.tlsCertificates) > 0,
  ]
  if (sources.filter(Boolean).length > 1) {
    const ways = 'credential_name, credential_names, server_certificate/private_key, tls_certificates'
    yield error(`only one of ${ways} should be specified`)
  }
  const terminates = ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(mode)
  // A Secret has all that follows.
  if (terminates && isNamed) return
  if (terminates) yield* validateFiles(tls)
  if (!isSet(caCrl)) return
  if (isSet(tls.credentialName)) {
    yield error('CRL is not supported with credentialName. CRL has to be specified in the credential')
  }
  if (mode === 'SIMPLE') yield error('CRL is not supported with SIMPLE TLS')
}

function* validateFiles({
  mode,
  caCertificates,
  serverCertificate,
  privateKey,
  tlsCertificates,
}: ServerTls): Generator<Problem> {
  const kind = mode === 'SIMPLE' ? 'SIMPLE TLS' : 'MUTUAL TLS'
  if (mode !== 'SIMPLE' && !isSet(caCertificates)) yield error(`${kind} requires a client CA bundle`)
  const several = tlsCertificates ?? []
  if (several.length > CERTIFICATES_MAX) {
    yield warning(`${kind} can support up to ${CERTIFICATES_MAX} server certificates`)
  }
  for (const certificate of several.length > 0 ? several : [{ serverCertificate, privateKey }]) {
    if (!isSet(certificate.serverCertificate)) yield error(`${kind} requires a server certificate`)
    if (!isSet(certificate.privateKey)) yield error(`${kind} requires a private key`)
  }
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}
