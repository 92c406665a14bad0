/** Our own bug, on in production: the process must not go on with a broken invariant. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws when `condition` does not hold. `message` states the invariant, not the symptom. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Marks a branch that the types already rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${JSON.stringify(value)}`)
}
