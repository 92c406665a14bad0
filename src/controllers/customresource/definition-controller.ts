import { CustomResourceDefinition } from '../../api/kinds/apiextensions/custom-resource-definition.ts'
import {
  CLEANUP_FINALIZER,
  definitionStatus,
  INSTALLED_ANNOTATION,
  isTrue,
  withCondition,
} from '../../api/kinds/apiextensions/definition-status.ts'
import type { Key } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, DONE, type Outcome, requeueAfter, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'

/** How long to wait before looking again at objects that are on their way out. */
const RETRY_MS = 500

/**
 * Establishes definitions of custom resources, and empties those that are to be deleted
 * (k8s.io/apiextensions-apiserver pkg/controller/{status,establish,finalizer}).
 */
export class DefinitionController implements Controller {
  readonly name = 'customresourcedefinition'
  readonly sources: readonly Source[]
  readonly #client: Client
  readonly #informers: Informers
  readonly #clock: Clock

  constructor(options: { client: Client; informers: Informers; clock: Clock }) {
    this.#client = options.client
    this.#informers = options.informers
    this.#clock = options.clock
    this.sources = [
      {
        kind: CustomResourceDefinition as never,
        keys: (definition) => this.#groupOf(definition as CustomResourceDefinition),
      },
    ]
  }

  async reconcile(key: Key): Promise<Outcome> {
    const definition = await this.#client.get(CustomResourceDefinition, key)
    if (definition === undefined) return DONE
    if (definition.metadata.deletionTimestamp !== undefined) return this.#finalize(definition)
    if (isAsInstalled(definition)) return DONE
    const established = await this.#establish(definition)
    const finalizers = established.metadata.finalizers ?? []
    if (finalizers.includes(CLEANUP_FINALIZER) || !isTrue(established, 'Established')) return DONE
    const metadata = { ...established.metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] }
    await this.#client.update({ ...established, metadata })
    return DONE
  }

  async #establish(definition: CustomResourceDefinition): Promise<CustomResourceDefinition> {
    const group = [...this.#informers.of(CustomResourceDefinition).values()]
    const status = definitionStatus(definition, group, printTime(this.#clock.now()))
    return status === definition.status ? definition : this.#client.updateStatus(definition, status)
  }

  /** A name that is given up may be what another definition of the group waits for. */
  #groupOf({ metadata, spec }: CustomResourceDefinition): readonly string[] {
    const others = [...this.#informers.of(CustomResourceDefinition).values()].filter(
      (other) =>
        other.spec.group === spec.group && !isTrue(other, 'NamesAccepted') && other.metadata.name !== metadata.name,
    )
    return [metadata.name, ...others.map((other) => other.metadata.name)]
  }

  async #finalize(definition: CustomResourceDefinition): Promise<Outcome> {
    const { finalizers = [] } = definition.metadata
    if (!finalizers.includes(CLEANUP_FINALIZER)) return DONE
    const noted = await this.#terminating(definition)
    const kind = this.#client.scheme
      .kinds()
      .find(({ group, plural }) => group === noted.spec.group && plural === noted.spec.names.plural)
    if (kind !== undefined) {
      const { items } = await this.#client.list(kind)
      for (const item of items) if (item.metadata.deletionTimestamp === undefined) await this.#client.deleteObject(item)
      if ((await this.#client.list(kind)).items.length > 0) return requeueAfter(RETRY_MS)
    }
    const metadata = { ...noted.metadata, finalizers: finalizers.filter((one) => one !== CLEANUP_FINALIZER) }
    await this.#client.update({ ...noted, metadata })
    return DONE
  }

  async #terminating(definition: CustomResourceDefinition): Promise<CustomResourceDefinition> {
    const words = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    } as const
    const conditions = withCondition(definition.status?.conditions ?? [], words, printTime(this.#clock.now()))
    if (conditions === definition.status?.conditions) return definition
    return this.#client.updateStatus(definition, {
      ...definition.status,
      conditions,
    } as CustomResourceDefinition['status'])
  }
}

/** Checking a definition of a mesh costs tens of milliseconds, and those that come with the platform were checked. */
function isAsInstalled({ metadata }: CustomResourceDefinition): boolean {
  return metadata.annotations?.[INSTALLED_ANNOTATION] === 'true' && metadata.generation === 1
}
