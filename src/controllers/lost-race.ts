import { StatusError } from '../api/errors.ts'
import { isConflict, isNotFound } from '../client/client.ts'
import { DONE, type Outcome, requeueAfter } from '../client/controller.ts'

/** How soon a write that lost a race is decided on anew. */
const RETRY_MS = 10

/**
 * Does `work`; when somebody else wrote first it is to be done again soon, when the object or its namespace is on its way
 * out it is not.
 */
export async function retryLostRace(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return DONE
  } catch (error) {
    if (isNotFound(error) || isNamespaceTerminating(error)) return DONE
    if (isConflict(error)) return requeueAfter(RETRY_MS)
    throw error
  }
}

function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
  )
}
