/**
 * `object` with the status of `old`: an update through a kind's main endpoint leaves the status to those who write it
 * through `/status`. For `prepareForUpdate`.
 */
export function keepStatus<T extends object & { readonly status?: unknown }>(object: T, old: T): T {
  if (object.status === old.status) return object
  const { status: _own, ...rest } = object
  return (old.status === undefined ? rest : { ...rest, status: old.status }) as T
}
