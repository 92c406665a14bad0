import type { Engine, Recovered } from '../engine.ts'

/** Keeps nothing beyond the process: for tests, rehearsals and `dabba up --in-memory`. */
export class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly gathers = false

  recover(): Recovered {
    return { revision: 0, objects: [], history: [] }
  }

  append(): void {
    // Nothing outlives the process.
  }

  compact(): void {
    // The store's own history is all there is.
  }

  close(): void {
    // Nothing is open.
  }
}
