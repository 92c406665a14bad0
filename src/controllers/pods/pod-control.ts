import type { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject } from '../../api/object.ts'
import { StatusError } from '../../api/errors.ts'
import { type Client, isNotFound } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'

/** Creates and deletes pods for an owner, and tells so in the owner's events. */
export class PodControl {
  readonly #client: Client
  readonly #events: EventRecorder

  constructor(client: Client, events: EventRecorder) {
    this.#client = client
    this.#events = events
  }

  async create(pod: Pod, owner: ApiObject): Promise<Pod> {
    try {
      const created = await this.#client.create(pod)
      const message = `Created pod: ${created.metadata.name}`
      await this.#events.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message })
      return created
    } catch (error) {
      if (error instanceof StatusError && !isNamespaceTerminating(error)) {
        const message = `Error creating: ${error.message}`
        await this.#events.record(owner, { type: 'Warning', reason: 'FailedCreate', message })
      }
      throw error
    }
  }

  /** False when the pod was gone already. */
  async delete(pod: Pod, owner: ApiObject): Promise<boolean> {
    try {
      await this.#client.deleteObject(pod)
    } catch (error) {
      if (isNotFound(error)) return false
      const message = `Error deleting: ${(error as Error).message}`
      await this.#events.record(owner, { type: 'Warning', reason: 'FailedDelete', message })
      throw error
    }
    const message = `Deleted pod: ${pod.metadata.name}`
    await this.#events.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message })
    return true
  }
}

/** Nothing can be created there any more, and nothing needs to. */
export function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.details?.causes ?? []).some(({ reason }) => (reason as string | undefined) === 'NamespaceTerminating')
  )
}
