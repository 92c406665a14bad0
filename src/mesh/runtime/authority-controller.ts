import { deepEqual } from '../../base/equal.ts'
import { messageOf } from '../../base/message-of.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import { type ApiObject, type Key, printKey } from '../../api/object.ts'
import { type Client, isAlreadyExists, isNotFound } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  requeueAfter,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { Identities } from '../identity/identities.ts'
import { type AuthorityFiles, authorityFiles, readAuthority } from '../identity/mesh-authority.ts'
import { textsOf } from './secret-texts.ts'

const ROOT = 'istio-system'
const PLUGGED_IN: Key = { namespace: ROOT, name: 'cacerts' }
const OWN: Key = { namespace: ROOT, name: 'istio-ca-secret' }
const MESH: Key = { namespace: ROOT, name: 'istio' }
const CA_SECRET = 'istio.io/ca-root'
const PUBLISHED = 'istio-ca-root-cert'
/** How often somebody looks whether the root has been replaced in its time. */
const ROTATION_CHECK_MS = 24 * 3_600_000

/**
 * Keeps the mesh's authority where a restarted mesh finds it, takes up one that is plugged in, and tells every namespace
 * whom to trust: Secrets `cacerts` and `istio-ca-secret`, ConfigMaps `istio-ca-root-cert`, as istiod does. Nothing is
 * written into a cluster where no Istio is installed.
 */
export class AuthorityController implements Controller {
  readonly name = 'istio-ca'
  readonly sources: readonly Source[] = [
    watches(Namespace as Source['kind']),
    { kind: Secret as Source['kind'], keys: (object) => (isOneOf(object, [PLUGGED_IN, OWN]) ? [printKey(MESH)] : []) },
    { kind: ConfigMap as Source['kind'], keys: configMapKeys },
  ]
  readonly workers = 1
  readonly #client: Client
  readonly #informers: Informers
  readonly #events: EventRecorder
  readonly #identities: () => Identities
  #now: () => number = () => 0
  #enqueue: ControllerContext['enqueue'] = () => undefined
  /** What the authority was last read from. */
  #files: AuthorityFiles | undefined

  constructor(options: {
    readonly client: Client
    readonly informers: Informers
    readonly events: EventRecorder
    identities(): Identities
  }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#events = options.events
    this.#identities = () => options.identities()
  }

  start({ clock, enqueue }: ControllerContext): void {
    this.#now = () => clock.now()
    this.#enqueue = enqueue
  }

  reconcile(key: Key): Promise<Outcome> {
    if (this.#informers.of(ConfigMap).get(MESH) === undefined) return Promise.resolve(DONE)
    return key.namespace === undefined ? this.#publish(key.name) : this.#takeUp()
  }

  /** Uses the authority that the cluster holds, or puts there the one that is used. */
  async #takeUp(): Promise<Outcome> {
    const secrets = this.#informers.of(Secret)
    const pluggedIn = secrets.get(PLUGGED_IN)
    const secret = pluggedIn ?? secrets.get(OWN)
    if (secret !== undefined) await this.#use(secret, pluggedIn !== undefined)
    if (pluggedIn === undefined) await this.#keepOwn(secret)
    for (const { metadata } of this.#informers.of(Namespace).values()) this.#enqueue(metadata.name)
    return requeueAfter(ROTATION_CHECK_MS)
  }

  async #use(secret: Secret, isPluggedIn: boolean): Promise<void> {
    const files = textsOf(secret)
    if (deepEqual(files, this.#files)) return
    try {
      const authority = readAuthority(files, { isPluggedIn, nowMs: this.#now() })
      if (authority.authority.certificate !== this.#identities().authority.authority.certificate) {
        this.#identities().replaceAuthority(authority)
      }
    } catch (error) {
      const message = `${messageOf(error)}; the authority before it stays in force`
      await this.#events.record(secret, { type: 'Warning', reason: 'InvalidCertificateAuthority', message })
    }
    this.#files = files
  }

  /** The root of the mesh's own authority is replaced in its time. */
  async #keepOwn(secret: Secret | undefined): Promise<void> {
    const files = authorityFiles(this.#identities().authority)
    if (secret !== undefined && deepEqual(textsOf(secret), files)) return
    const data = Object.fromEntries(
      Object.entries(files).map(([name, text = '']) => [name, Buffer.from(text).toString('base64')]),
    )
    this.#files = files
    if (secret !== undefined) await this.#client.update({ ...secret, data })
    else
      await created(this.#client, { apiVersion: 'v1', kind: 'Secret', metadata: OWN, type: CA_SECRET, data } as Secret)
  }

  async #publish(namespace: string): Promise<Outcome> {
    const home = this.#informers.of(Namespace).get({ name: namespace })
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return DONE
    const key = { namespace, name: PUBLISHED }
    const data = { 'root-cert.pem': this.#identities().bundle.pem }
    const present = this.#informers.of(ConfigMap).get(key)
    if (present === undefined) {
      const metadata = { ...key, labels: { 'istio.io/config': 'true' } }
      await created(this.#client, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as ApiObject)
    } else if (!deepEqual(present.data, data)) {
      await this.#client.update({ ...present, data })
    }
    return DONE
  }
}

function* configMapKeys({ metadata }: ApiObject): Generator<string> {
  if (isOneOf({ metadata }, [MESH])) yield printKey(MESH)
  if (metadata.name === PUBLISHED) yield metadata.namespace ?? ''
}

function isOneOf({ metadata }: Pick<ApiObject, 'metadata'>, keys: readonly Key[]): boolean {
  return keys.some(({ name, namespace }) => metadata.name === name && metadata.namespace === namespace)
}

/** Somebody may have been faster, and a namespace may be on its way out. */
async function created(client: Client, object: ApiObject): Promise<void> {
  try {
    await client.create(object)
  } catch (error) {
    if (!isAlreadyExists(error) && !isNotFound(error)) throw error
  }
}
