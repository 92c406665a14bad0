/**
 * The keys of users' maps can be any text. Some of them mean something to JavaScript: every object answers to
 * `constructor`, and setting `__proto__` sets no field.
 */

/** The value of a field of `object` itself, whatever its name. */
export function ownField(object: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
}

/** Sets a field of a draft, whatever its name. */
export function setOwnField(draft: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') draft[name] = value
  else Object.defineProperty(draft, name, { value, enumerable: true, configurable: true, writable: true })
}
