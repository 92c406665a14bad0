import type { TypedValue } from './typed-value.ts'

/** Writes an object in another version of its API, or answers nothing when that version is no longer served. */
export type Convert = (object: TypedValue, version: string) => TypedValue | undefined
