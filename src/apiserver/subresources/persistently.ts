import { StatusError } from '../../api/errors.ts'

/** How often a write is tried that loses each of its races (k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go). */
const RACE_TRIES = 20

/** Tries a write again that lost a race: `write` works it out anew from what is there then. */
export async function persistently<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (!isConflict(error) || tries === RACE_TRIES) throw error
    }
  }
}

export function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'Conflict'
}
