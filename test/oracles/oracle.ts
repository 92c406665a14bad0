import { printJson, sameJson, sameMembers } from './lossless-json.ts'

/** One case of an oracle file: what goes in and what must come out. The shapes differ from file to file. */
export interface OracleCase {
  readonly id: string
  readonly source: string
  readonly input: Record<string, unknown>
  readonly expect: Record<string, unknown>
}

/** A whole oracle file; `schemas`, `templates` and the like stand beside the cases. */
export interface OracleDocument {
  readonly cases: readonly OracleCase[]
  readonly [extra: string]: unknown
}

/** Joins one oracle file to the code that it judges. An adapter module exports one as `oracle`. */
export interface Oracle {
  /** Read `1.0` as a `Float` instead of the number 1. */
  readonly keepFloats?: boolean
  /** What counts as a case, where that is more than `cases`. */
  cases?(document: OracleDocument): readonly OracleCase[]
  /**
   * Called once a file; `folder` is where the file is, and what its cases name. The function that it returns runs one case,
   * and throws (mostly a `Mismatch`) when it fails.
   */
  open(document: OracleDocument, folder: string): (oracleCase: OracleCase) => void | Promise<void>
}

/** The outcome is not the expected one. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (!sameJson(actual, expected)) throw new Mismatch(`${what}: want ${printJson(expected)}, got ${printJson(actual)}`)
}

export function expectSameMembers(what: string, actual: readonly unknown[], expected: readonly unknown[]): void {
  if (!sameMembers(actual, expected)) {
    throw new Mismatch(`${what}, in any order: want ${printJson(expected)}, got ${printJson(actual)}`)
  }
}

/** Runs what must fail, and gives back what it threw. */
export function expectFailure(what: string, attempt: () => unknown): Error {
  let outcome: unknown
  try {
    outcome = attempt()
  } catch (failure) {
    if (failure instanceof Error) return failure
    throw new Mismatch(`${what}: failed with something that is no Error: ${String(failure)}`)
  }
  throw new Mismatch(`${what}: must fail, got ${printJson(outcome)}`)
}
