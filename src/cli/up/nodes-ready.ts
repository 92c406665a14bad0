import { Node } from '../../api/kinds/core/node.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../world/clock.ts'

/** A node that is not ready by then has a reason, which is for the user to look at. */
const READY_MAX_MS = 5_000
const POLL_MS = 5

/** Waits until every node is ready, for a while, and returns them in the order of their names. */
export async function nodesReady(
  client: Client,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<readonly Node[]> {
  const deadlineMs = clock.now() + READY_MAX_MS
  for (;;) {
    const { items } = await client.list(Node)
    if (items.every(isReady) || clock.now() >= deadlineMs || signal.aborted) return items
    await clock.sleep(POLL_MS)
  }
}

export function isReady({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
}
