import type { Key } from '../../api/object.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { type Client, isAlreadyExists } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Every namespace has the authority that pods trust the API server by. */
export class RootCaController implements Controller {
  readonly name = 'root-ca-certificate-publisher'
  readonly sources: readonly Source[] = [
    watches(Namespace),
    { kind: ConfigMap, keys: ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ''] : []) },
  ]
  readonly #client: Client
  readonly #authority: () => string

  /** `authority` returns the certificate as PEM; asked when the first namespace is served. */
  constructor(client: Client, authority: () => string) {
    this.#client = client
    this.#authority = authority
  }

  async reconcile({ name: namespace }: Key): Promise<Outcome> {
    const home = await this.#client.get(Namespace, { name: namespace })
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return DONE
    const data = { 'ca.crt': this.#authority() }
    const present = await this.#client.get(ConfigMap, { namespace, name: NAME })
    if (present === undefined) await this.#publish(namespace, data)
    else if (present.data?.['ca.crt'] !== data['ca.crt']) await this.#client.update({ ...present, data })
    return DONE
  }

  async #publish(namespace: string, data: Readonly<Record<string, string>>): Promise<void> {
    const annotations = { 'kubernetes.io/description': DESCRIPTION }
    try {
      await this.#client.create<ConfigMap>({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: NAME, namespace, annotations },
        data,
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
  }
}
