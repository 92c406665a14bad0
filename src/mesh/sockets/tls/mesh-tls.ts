import { pemCertificates } from '../../../api/certificates/read-certificate.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Sockets, TlsContext } from '../../../world/sockets.ts'
import type { TlsPlan, UpstreamOptions } from '../../exchange/steps.ts'
import type { Identities } from '../../identity/identities.ts'
import { ContextCache } from './context-cache.ts'
import { authoritiesOf, keyPairOf, type SecretLookup } from './credential.ts'

/** What TLS in a mesh is made of. */
export interface MeshTlsOptions {
  readonly sockets: Sockets
  readonly clock: Clock
  readonly identities: Identities
  /** Gives the same object while a Secret is the same. */
  readonly secrets: SecretLookup
  /** A file of a proxy's own disk; the same text while it is the same. */
  readonly files?: (path: string) => string | undefined
}

/** Whose proxy speaks. Secrets are looked for in its namespace. */
export interface ProxyOwner {
  readonly namespace: string
  readonly serviceAccount: string
}

export type TerminatePlan = Extract<TlsPlan, { kind: 'terminate' }>

/** The name by which plans ask for the workload's own certificate. */
const OWN_CERTIFICATE = 'default'

/** Contexts for both sides of handshakes: made when they are needed, kept while certificates and trust stay the same. */
export class MeshTls {
  readonly #cache = new ContextCache()
  readonly options: MeshTlsOptions

  constructor(options: MeshTlsOptions) {
    this.options = options
  }

  /** Throws, saying why, where a Secret or a file is missing or wrong. */
  serverContext(plan: TerminatePlan, owner: ProxyOwner): TlsContext {
    const { sockets } = this.options
    const { certificate, clientCertificate, limits = {} } = plan
    const { minVersion, maxVersion, cipherSuites, authorities, files } = limits
    const shown = this.#serverCertificate(plan, owner)
    const demands = [clientCertificate, authorities, minVersion, maxVersion, cipherSuites?.join(), files?.certificate]
    const key = `server ${owner.namespace}/${owner.serviceAccount} ${certificate} ${demands.join()}`
    return this.#cache.of(key, shown.madeOf, () =>
      sockets.tlsContext({
        ...shown.make(),
        ...(minVersion && { minVersion }),
        ...(maxVersion && { maxVersion }),
        ...(cipherSuites && { cipherSuites }),
      }),
    )
  }

  /** For `mtls` the workload's own certificate is shown; for `tls` that of a Secret or file, if there is one. */
  clientContext(upstream: UpstreamOptions, owner: ProxyOwner): TlsContext {
    const { sockets, identities } = this.options
    if (upstream.transport === 'mtls') {
      const own = identities.certificate(owner)
      const { bundle } = identities
      return this.#cache.of(`mtls ${owner.namespace}/${owner.serviceAccount}`, [own, bundle.pem], () =>
        sockets.tlsContext({ key: own.key, certificate: own.chain, authorities: pemCertificates(bundle.pem) }),
      )
    }
    const shown = this.#clientCertificate(upstream, owner)
    return this.#cache.of(`tls ${owner.namespace} ${shown.name}`, shown.madeOf, () => sockets.tlsContext(shown.make()))
  }

  #serverCertificate({ certificate, clientCertificate, limits = {} }: TerminatePlan, owner: ProxyOwner): Ingredients {
    const { identities, secrets } = this.options
    if (certificate === OWN_CERTIFICATE) {
      const own = identities.certificate(owner)
      const { bundle } = identities
      const make = () => ({ key: own.key, certificate: own.chain, authorities: pemCertificates(bundle.pem) })
      return { madeOf: [own, bundle.pem], make }
    }
    const asks = clientCertificate !== 'none'
    if (limits.files !== undefined && certificate === '') return this.#fromFiles({ ...limits.files }, asks)
    const pairKey = secretKey(certificate, owner.namespace)
    const authoritiesKey = limits.authorities === undefined ? pairKey : secretKey(limits.authorities, owner.namespace)
    const twin = { ...authoritiesKey, name: `${authoritiesKey.name}-cacert` }
    return {
      madeOf: [secrets(pairKey), ...(asks ? [secrets(authoritiesKey), secrets(twin)] : [])],
      make: () => ({
        ...keyPairOf(secrets, pairKey),
        ...(asks && { authorities: authoritiesOf(secrets, authoritiesKey) }),
      }),
    }
  }

  #clientCertificate({ tls }: UpstreamOptions, owner: ProxyOwner): Ingredients & { readonly name: string } {
    const { secrets } = this.options
    const { credentialName = '', files = {}, skipsVerification = false } = tls ?? {}
    if (credentialName === '') {
      const name = `files ${files.certificate} ${files.authorities}`
      return { name, ...this.#fromFiles(files, !skipsVerification) }
    }
    const key = secretKey(credentialName, owner.namespace)
    const twin = { ...key, name: `${key.name}-cacert` }
    const make = () => {
      const data = secrets(key)
      const hasPair = ['cert', 'tls.crt'].some((field) => (data?.[field] ?? '') !== '')
      return {
        ...(hasPair && keyPairOf(secrets, key)),
        ...(!skipsVerification && { authorities: authoritiesOf(secrets, key) }),
      }
    }
    return {
      name: `secret ${key.namespace}/${key.name} ${skipsVerification}`,
      madeOf: [secrets(key), secrets(twin)],
      make,
    }
  }

  #fromFiles(
    { certificate, key, authorities }: { certificate?: string; key?: string; authorities?: string },
    verifies: boolean,
  ): Ingredients {
    const read = (path: string | undefined) => (path === undefined ? undefined : this.options.files?.(path))
    const texts = { certificate: read(certificate), key: read(key), authorities: read(authorities) }
    const make = () => {
      for (const [path, text] of [
        [certificate, texts.certificate],
        [key, texts.key],
        [authorities, texts.authorities],
      ]) {
        if (path !== undefined && text === undefined) throw new Error(`file ${path} not found`)
      }
      return {
        ...(texts.certificate !== undefined && { certificate: texts.certificate }),
        ...(texts.key !== undefined && { key: texts.key }),
        ...(verifies && texts.authorities !== undefined && { authorities: pemCertificates(texts.authorities) }),
      }
    }
    return { madeOf: [texts.certificate, texts.key, texts.authorities], make }
  }
}

/** What a context is made of, and how. */
interface Ingredients {
  readonly madeOf: readonly unknown[]
  make(): { readonly key?: string; readonly certificate?: string; readonly authorities?: readonly string[] }
}

/** `name`, `namespace/name`, and both behind a scheme as in `kubernetes://name`. */
function secretKey(name: string, home: string): { readonly namespace: string; readonly name: string } {
  const bare = name.replace(/^[a-z-]+:\/\//, '')
  const slash = bare.indexOf('/')
  return slash < 0 ? { namespace: home, name: bare } : { namespace: bare.slice(0, slash), name: bare.slice(slash + 1) }
}
