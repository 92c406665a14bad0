/** Turns of the event loop after which what nobody awaits has failed. */
const TURNS = 4

/** What nobody caught while `work` ran: a rejection or an error event that would have ended the process. */
export async function uncaughtDuring(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const uncaught: unknown[] = []
  const note = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
  try {
    await work()
    for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate)
  } finally {
    process.off('uncaughtException', note)
    process.off('unhandledRejection', note)
  }
  return uncaught
}
