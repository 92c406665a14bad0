import { goQuote } from '../../../../base/go-quote.ts'
import { error, isGiven, type Maybe, type Problem } from './problem.ts'

/** How a client connects. */
export interface ClientTls {
  readonly mode?: string
  readonly clientCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly subjectAltNames?: Maybe<readonly string[]>
  readonly insecureSkipVerify?: boolean
}

const CONFIG_MAP = 'configmap://'

export function* validateClientTls(tls: Maybe<ClientTls>, namespace: string): Generator<Problem> {
  if (!isGiven(tls)) return
  const { mode = 'DISABLE', credentialName = '', caCertificates = '', clientCertificate = '', privateKey = '' } = tls
  if (credentialName.startsWith(CONFIG_MAP)) {
    const problem = configMapProblem(credentialName, namespace)
    if (problem !== undefined) yield error(`invalid configmap:// credentialName: ${problem}`)
  }
  if (tls.insecureSkipVerify === true) yield* validateUnverified(tls)
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credentialName !== '') {
    if ([clientCertificate, caCertificates, privateKey, tls.caCrl ?? ''].some((file) => file !== '')) {
      yield error('cannot specify client certificates or CA certificate or CA CRL If credentialName is set')
    }
    return
  }
  if (mode !== 'MUTUAL') return
  if (clientCertificate === '') yield error('client certificate required for mutual tls')
  if (privateKey === '') yield error('private key required for mutual tls')
}

/** Who does not look at the server's certificate has no use for what it should be. */
function* validateUnverified({
  mode,
  caCertificates = '',
  credentialName = '',
  subjectAltNames,
}: ClientTls): Generator<Problem> {
  const isChecked = caCertificates !== '' || isGiven(subjectAltNames)
  const when = 'when InsecureSkipVerify is set true'
  if (mode === 'SIMPLE' && (isChecked || credentialName !== '')) {
    yield error(`cannot specify CaCertificates or CredentialName or SubjectAltNames ${when}`)
  }
  if (mode === 'MUTUAL' && isChecked) yield error(`cannot specify CaCertificates or SubjectAltNames ${when}`)
}

/** `configmap://namespace/name`, of the namespace that the object is in. */
function configMapProblem(credentialName: string, home: string): string | undefined {
  const [namespace = '', name] = credentialName.slice(CONFIG_MAP.length).split('/')
  const invalid = `invalid resource name ${goQuote(credentialName)}. Expected`
  if (name === undefined) return `${invalid} namespace and name`
  if (namespace === '') return `${invalid} namespace`
  if (name === '') return `${invalid} name`
  if (namespace === home) return undefined
  return `namespace must match the configuration namespace ${goQuote(home)}`
}
