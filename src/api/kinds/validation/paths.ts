import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'

/** Paths of files in volumes: pkg/apis/core/validation/validation.go validateLocalDescendingPath and its neighbours. */

/** Relative, and nowhere `..`. */
export function* validateLocalDescendingPath(path: string, field: string): Generator<Cause> {
  if (path.startsWith('/')) yield invalidValue(field, path, 'must be a relative path')
  yield* validatePathNoBacksteps(path, field)
}

export function* validatePathNoBacksteps(path: string, field: string): Generator<Cause> {
  if (hasBacksteps(path)) yield invalidValue(field, path, "must not contain '..'")
}

/** Names that begin with `..` belong to the mechanism that swaps a volume's files. */
export function* validateLocalNonReservedPath(path: string, field: string): Generator<Cause> {
  yield* validateLocalDescendingPath(path, field)
  if (path.startsWith('..') && !path.startsWith('../')) {
    yield invalidValue(field, path, "must not start with '..'")
  }
}

export function hasBacksteps(path: string): boolean {
  return path.split('/').includes('..')
}
