import { type Kind, parseApiVersion } from '../../api/kind.ts'
import type { CrossVersionObjectReference, Scale } from '../../api/types.generated.ts'
import type { Client } from '../../client/client.ts'

/** Reads and writes the size of what an autoscaler scales, whatever kind it is of. */
export class ScaleTargets {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Throws, in the words of upstream's REST mapper, when there is no such kind or none that can be scaled. */
  async get(target: CrossVersionObjectReference, namespace: string): Promise<Scale> {
    const kind = this.#kindOf(target)
    return (await this.#client.getSubresource(kind, { namespace, name: target.name }, 'scale')) as Scale
  }

  async set(target: CrossVersionObjectReference, scale: Scale, replicas: number): Promise<void> {
    const { namespace, name } = scale.metadata
    const key = { namespace, name }
    const sized: Scale = { ...scale, spec: { ...scale.spec, replicas } }
    await this.#client.updateSubresource(this.#kindOf(target), key, 'scale', sized)
  }

  #kindOf({ apiVersion = '', kind }: CrossVersionObjectReference): Kind {
    const found = this.#client.scheme.byKind(apiVersion, kind)
    if (found !== undefined) return found
    const { group } = parseApiVersion(apiVersion)
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
  }
}
