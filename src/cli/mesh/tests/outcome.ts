/** What came of one test. */
export interface TestOutcome {
  readonly name: string
  readonly file: string
  readonly line: number
  /** What was not as expected, each in a line; none: it passed. */
  readonly failures: readonly string[]
  /** What the reader should know although the test passed. */
  readonly warnings: readonly string[]
}

export function hasPassed({ failures }: TestOutcome): boolean {
  return failures.length === 0
}
