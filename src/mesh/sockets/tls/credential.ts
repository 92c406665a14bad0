import { createPrivateKey, X509Certificate } from 'node:crypto'
import { messageOf } from '../../../base/message-of.ts'
import { pemCertificates } from '../../../api/certificates/read-certificate.ts'

/** The data of a Secret, decoded; `undefined`: there is none of that name. */
export type SecretLookup = (key: { readonly namespace: string; readonly name: string }) => SecretTexts | undefined
export type SecretTexts = Readonly<Record<string, string>>

/** A certificate with those above it, and its key, as PEM texts. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

/** istio/istio pilot/pkg/security/model/authentication.go: the Secret with the clients' authorities beside one of a server. */
const AUTHORITIES_SUFFIX = '-cacert'

/** The names under which Secrets keep what is needed: generic ones first (istio/istio pilot/pkg/credentials/kube/secrets.go). */
const PAIRS = [
  ['cert', 'key'],
  ['tls.crt', 'tls.key'],
] as const
const AUTHORITIES = [
  ['cacert', 'crl'],
  ['ca.crt', 'ca.crl'],
] as const
const REVOCATIONS = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----\n?/g

/** What a server or a client shows. Throws, saying why, where the Secret does not hold it. */
export function keyPairOf(secrets: SecretLookup, key: { readonly namespace: string; readonly name: string }): KeyPair {
  const data = secrets(key)
  if (data === undefined) throw new Error(`secret ${key.namespace}/${key.name} not found`)
  for (const [certificateName, keyName] of PAIRS) {
    const pair = { certificate: data[certificateName] ?? '', key: data[keyName] ?? '' }
    if (pair.certificate !== '' && pair.key !== '') return checked(pair)
  }
  const emptied = PAIRS.find((names) => names.every((name) => data[name] !== undefined))
  if (emptied !== undefined) throw new Error(`found keys "${emptied[0]}" and "${emptied[1]}", but they were empty`)
  throw new Error(
    `found secret, but didn't have expected keys (cert and key) or (tls.crt and tls.key); found: ${keysOf(data)}`,
  )
}

/** Whom the other side's certificate must come from, and what they have taken back. */
export interface Trust {
  readonly authorities: readonly string[]
  readonly revocations?: readonly string[]
}

/** In a Secret of its own, or in that of the certificate. */
export function trustOf(
  secrets: SecretLookup,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Trust {
  const data = secrets({ namespace, name: `${name}${AUTHORITIES_SUFFIX}` }) ?? secrets({ namespace, name })
  if (data === undefined) throw new Error(`secret ${namespace}/${name} not found`)
  return trustIn(data)
}

/** What a Secret or a ConfigMap says. */
export function trustIn(data: SecretTexts): Trust {
  for (const [field, revocationsField] of AUTHORITIES) {
    const authorities = pemCertificates(data[field] ?? '')
    const revocations = pemRevocations(data[revocationsField] ?? '')
    if (authorities.length > 0) return { authorities, ...(revocations.length > 0 && { revocations }) }
  }
  const [emptied] = AUTHORITIES.find(([field]) => data[field] !== undefined) ?? []
  if (emptied !== undefined) throw new Error(`found key "${emptied}", but it was empty`)
  throw new Error(`found secret, but didn't have expected keys cacert or ca.crt; found: ${keysOf(data)}`)
}

/** The lists in a text, each as a text of its own. */
export function pemRevocations(text: string): readonly string[] {
  return text.match(REVOCATIONS) ?? []
}

/** A pair that OpenSSL would refuse is refused before: a listener must not fall over somebody's Secret. */
function checked(pair: KeyPair): KeyPair {
  try {
    const isPair = new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))
    if (!isPair) throw new Error('tls: private key does not match public key')
  } catch (failure) {
    throw new Error(`invalid certificate or key: ${messageOf(failure)}`, { cause: failure })
  }
  return pair
}

/** Three of them by name: there may be many. */
function keysOf(data: SecretTexts): string {
  const names = Object.keys(data).toSorted()
  return names.length < 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')}, and ${names.length - 3} more...`
}
