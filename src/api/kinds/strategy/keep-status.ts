/** A kind whose status is written through `/status` only. */
interface WithStatus {
  readonly status?: unknown
}

/** What an update of the main endpoint does with the status: nothing. */
export function keepStatus<T extends WithStatus>(object: T, old: T): T {
  if (object.status === old.status) return object
  const { status: _, ...rest } = object
  return (old.status === undefined ? rest : { ...rest, status: old.status }) as T
}
