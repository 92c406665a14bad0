import type { Key } from '../../api/object.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { ServiceAccount } from '../../api/kinds/core/service-account.ts'
import { type Client, isAlreadyExists } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'

const NAME = 'default'

/** Every namespace has a service account for the pods that name none. */
export class ServiceAccountController implements Controller {
  readonly name = 'serviceaccount'
  readonly sources: readonly Source[] = [
    watches(Namespace),
    { kind: ServiceAccount, keys: ({ metadata }) => (metadata.name === NAME ? [metadata.namespace ?? ''] : []) },
  ]
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async reconcile({ name: namespace }: Key): Promise<Outcome> {
    const home = await this.#client.get(Namespace, { name: namespace })
    if (home === undefined || home.metadata.deletionTimestamp !== undefined) return DONE
    if ((await this.#client.get(ServiceAccount, { namespace, name: NAME })) !== undefined) return DONE
    try {
      await this.#client.create<ServiceAccount>({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: NAME, namespace },
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    return DONE
  }
}
