import { pemCertificates } from '../../../api/certificates/read-certificate.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Sockets, TlsCertificates, TlsContext } from '../../../world/sockets.ts'
import type { TlsFiles, TlsPlan, UpstreamOptions } from '../../exchange/steps.ts'
import type { Identities } from '../../identity/identities.ts'
import { ContextCache } from './context-cache.ts'
import { keyPairOf, pemRevocations, type SecretLookup, trustIn, trustOf } from './credential.ts'

/** What TLS in a mesh is made of. */
export interface MeshTlsOptions {
  readonly sockets: Sockets
  readonly clock: Clock
  readonly identities: Identities
  /** Gives the same object while a Secret is the same. */
  readonly secrets: SecretLookup
  /** The same for ConfigMaps, which hold authorities. */
  readonly configMaps?: SecretLookup
  /** A file of a proxy's own disk; the same text while it is the same. */
  readonly files?: (path: string, owner: ProxyOwner) => string | undefined
}

/** Whose proxy speaks. Secrets are looked for in its namespace. */
export interface ProxyOwner {
  readonly namespace: string
  readonly serviceAccount: string
  /** Of its pod, on whose volumes files may be. */
  readonly addresses?: readonly string[]
}

export type TerminatePlan = Extract<TlsPlan, { kind: 'terminate' }>

/** The name by which plans ask for the workload's own certificate. */
export const OWN_CERTIFICATE = 'default'
/** Where a file is wanted: whom the system trusts. */
const SYSTEM = 'system'
const SCHEME = /^([a-z-]+):\/\//

/** Contexts for both sides of handshakes: made when they are needed, kept while certificates and trust stay the same. */
export class MeshTls {
  readonly #cache = new ContextCache()
  readonly options: MeshTlsOptions

  constructor(options: MeshTlsOptions) {
    this.options = options
  }

  /** Throws, saying why, where a Secret or a file is missing or wrong. */
  serverContext(plan: TerminatePlan, owner: ProxyOwner): TlsContext {
    const { certificate, clientCertificate, limits = {} } = plan
    const { minVersion, maxVersion, cipherSuites, curves } = limits
    const shown = this.#server(plan, owner)
    const demands = [clientCertificate, limits.authorities, minVersion, maxVersion, cipherSuites, curves, shown.name]
    return this.#context(
      `server ${owner.namespace}/${owner.serviceAccount} ${certificate} ${demands.join('|')}`,
      shown,
      {
        ...(minVersion && { minVersion }),
        ...(maxVersion && { maxVersion }),
        ...(cipherSuites && { cipherSuites }),
        ...(curves && { curves }),
      },
    )
  }

  /** For `mtls` the workload's own certificate is shown; for `tls` that of a Secret or file, if there is one. */
  clientContext(upstream: UpstreamOptions, owner: ProxyOwner): TlsContext {
    const { cipherSuites, curves } = upstream.tls ?? {}
    if (upstream.transport === 'mtls') {
      return this.#context(`mtls ${owner.namespace}/${owner.serviceAccount}`, this.#own(owner, {}), {})
    }
    const shown = this.#client(upstream, owner)
    return this.#context(`tls ${owner.namespace} ${shown.name} ${cipherSuites?.join()} ${curves?.join()}`, shown, {
      ...(cipherSuites && { cipherSuites }),
      ...(curves && { curves }),
    })
  }

  #context(key: string, { madeOf, make }: Ingredients, how: TlsCertificates): TlsContext {
    return this.#cache.of(key, madeOf, () => this.options.sockets.tlsContext({ ...make(), ...how }))
  }

  /** The workload's own certificate, and whom the mesh trusts. */
  #own(owner: ProxyOwner, { revocations: path }: TlsFiles): Ingredients {
    const { identities } = this.options
    const own = identities.certificate(owner)
    const { pem } = identities.bundle
    const listed = this.#read(path, owner)
    const revocations = pemRevocations(listed ?? '')
    return {
      name: `own ${path}`,
      madeOf: [own, pem, listed],
      make: () => {
        required(path, listed)
        const authorities = pemCertificates(pem)
        return { key: own.key, certificate: own.chain, authorities, ...(path !== undefined && { revocations }) }
      },
    }
  }

  #server({ certificate, clientCertificate, limits = {} }: TerminatePlan, owner: ProxyOwner): Ingredients {
    const { secrets } = this.options
    if (certificate === OWN_CERTIFICATE) return this.#own(owner, limits.files ?? {})
    const asks = clientCertificate !== 'none'
    if (limits.files !== undefined && certificate === '') return this.#fromFiles(limits.files, owner, asks)
    const { otherCertificates = [] } = limits
    const [first, ...others] = [certificate, ...otherCertificates].map((name) => secretKey(name, owner))
    if (first === undefined) throw new Error('no certificate is named')
    const trust = asks ? this.#trust(limits.authorities ?? certificate, owner) : NO_TRUST
    return {
      name: otherCertificates.join(),
      madeOf: [...[first, ...others].map((key) => secrets(key)), ...trust.madeOf],
      make: () => ({
        ...keyPairOf(secrets, first),
        ...(others.length > 0 && { others: others.map((key) => keyPairOf(secrets, key)) }),
        ...trust.make(),
      }),
    }
  }

  #client({ tls }: UpstreamOptions, owner: ProxyOwner): Ingredients {
    const { secrets } = this.options
    const { credentialName = '', files = {}, skipsVerification = false, showsCertificate = false } = tls ?? {}
    if (credentialName === '') return this.#fromFiles(files, owner, !skipsVerification)
    const key = showsCertificate ? secretKey(credentialName, owner) : undefined
    const trust = skipsVerification ? NO_TRUST : this.#trust(credentialName, owner)
    return {
      name: `secret ${credentialName} ${skipsVerification} ${showsCertificate}`,
      madeOf: [key && secrets(key), ...trust.madeOf],
      make: () => ({ ...(key && keyPairOf(secrets, key)), ...trust.make() }),
    }
  }

  /** Authorities in a Secret, in the one beside it, or in a ConfigMap. */
  #trust(name: string, owner: ProxyOwner): Omit<Ingredients, 'name'> {
    const { secrets, configMaps } = this.options
    if (SCHEME.exec(name)?.[1] === 'configmap') {
      const key = keyOf(name, owner.namespace)
      const data = configMaps?.(key)
      const make = () => {
        if (data === undefined) throw new Error(`configmap ${key.namespace}/${key.name} not found`)
        return trustIn(data)
      }
      return { madeOf: [data], make }
    }
    const key = secretKey(name, owner)
    const twin = { ...key, name: `${key.name}-cacert` }
    return { madeOf: [secrets(key), secrets(twin)], make: () => trustOf(secrets, key) }
  }

  #fromFiles(files: TlsFiles, owner: ProxyOwner, verifies: boolean): Ingredients {
    const { certificate, key, revocations } = files
    const authorities = files.authorities === SYSTEM ? undefined : files.authorities
    const paths = [certificate, key, authorities, revocations]
    const texts = paths.map((path) => this.#read(path, owner))
    const make = (): TlsCertificates => {
      paths.forEach((path, index) => required(path, texts[index]))
      const [shown, own, trusted, listed] = texts
      return {
        ...(shown !== undefined && { certificate: shown }),
        ...(own !== undefined && { key: own }),
        ...(verifies && trusted !== undefined && { authorities: pemCertificates(trusted) }),
        ...(verifies && listed !== undefined && { revocations: pemRevocations(listed) }),
      }
    }
    return { name: `files ${paths.join()} ${verifies}`, madeOf: texts, make }
  }

  #read(path: string | undefined, owner: ProxyOwner): string | undefined {
    return path === undefined ? undefined : this.options.files?.(path, owner)
  }
}

/** What a context is made of, and how. */
interface Ingredients {
  /** Of what it asks for, as long as the same of it is kept. */
  readonly name: string
  readonly madeOf: readonly unknown[]
  make(): TlsCertificates
}

const NO_TRUST: Omit<Ingredients, 'name'> = { madeOf: [], make: () => ({}) }

function required(path: string | undefined, text: string | undefined): void {
  if (path !== undefined && text === undefined) throw new Error(`file ${path} not found`)
}

/** `name`, `namespace/name`, and both behind a scheme as in `kubernetes://name`. */
function keyOf(name: string, home: string): { readonly namespace: string; readonly name: string } {
  const bare = name.replace(SCHEME, '')
  const slash = bare.indexOf('/')
  return slash < 0 ? { namespace: home, name: bare } : { namespace: bare.slice(0, slash), name: bare.slice(slash + 1) }
}

/** A proxy is given Secrets of its own namespace: istio/istio pilot/pkg/xds/sds.go, filterAuthorizedResources. */
function secretKey(name: string, { namespace }: ProxyOwner): { readonly namespace: string; readonly name: string } {
  const key = keyOf(name, namespace)
  if (key.namespace === namespace || name.startsWith('kubernetes-gateway://')) return key
  throw new Error('cross namespace secret reference requires ReferenceGrant')
}
