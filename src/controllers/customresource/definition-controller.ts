import { CustomResourceDefinition } from '../../api/kinds/apiextensions/custom-resource-definition.ts'
import {
  CLEANUP_FINALIZER,
  definitionStatus,
  INSTALLED_ANNOTATION,
  isTrue,
  withCondition,
} from '../../api/kinds/apiextensions/definition-status.ts'
import { type ApiObject, type Key, printKey } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'

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
  /** Definitions on their way out, and what ends following their objects. */
  readonly #followed = new Map<string, () => void>()
  #enqueue: ControllerContext['enqueue'] = () => undefined

  constructor(options: Pick<ClusterOptions, 'client' | 'informers' | 'clock'>) {
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

  start({ enqueue, signal }: ControllerContext): void {
    this.#enqueue = enqueue
    signal.addEventListener('abort', () => this.#followed.forEach((off) => off()), { once: true })
  }

  async reconcile(key: Key): Promise<Outcome> {
    const definition = await this.#client.get(CustomResourceDefinition, key)
    if (definition === undefined) {
      this.#unfollow(printKey(key))
      return DONE
    }
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
      const objects = this.#follow(definition.metadata.name, this.#informers.of(kind))
      await objects.synced()
      const present = [...objects.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      for (const object of present) await this.#client.deleteObject(object)
      // The last of them to go brings us back.
      if (objects.size > 0) return DONE
    }
    const metadata = { ...noted.metadata, finalizers: finalizers.filter((one) => one !== CLEANUP_FINALIZER) }
    await this.#client.update({ ...noted, metadata })
    return DONE
  }

  /** Comes back when the last object is gone, and when another one appears. */
  #follow(name: string, objects: Informer<ApiObject>): Informer<ApiObject> {
    if (this.#followed.has(name)) return objects
    const enqueue = (): void => this.#enqueue(name)
    const off = objects.handle({ added: enqueue, deleted: () => objects.size === 0 && enqueue() })
    this.#followed.set(name, off)
    return objects
  }

  #unfollow(name: string): void {
    this.#followed.get(name)?.()
    this.#followed.delete(name)
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
