import { isConflict, isNotFound } from '../client/client.ts'
import { DONE, type Outcome, requeueAfter } from '../client/controller.ts'

/** How soon a write that lost a race is decided on anew. */
const RETRY_MS = 10

/** Does `work`; when somebody else wrote first it is to be done again soon, when the object is gone it is not. */
export async function retryLostRace(work: () => Promise<void>): Promise<Outcome> {
  try {
    await work()
    return DONE
  } catch (error) {
    if (isNotFound(error)) return DONE
    if (isConflict(error)) return requeueAfter(RETRY_MS)
    throw error
  }
}
