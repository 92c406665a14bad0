/**
 * A part of an object as somebody sent it: fields that its type demands may be missing, which is for validation to find.
 * (Upstream's types hold zero values there, and the messages are about those.)
 */
export type Unchecked<T> = { readonly [Name in keyof T]?: T[Name] }

export function unchecked<T>(part: T): Unchecked<T> {
  return part
}
