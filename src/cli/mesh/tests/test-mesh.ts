import { writeWhole } from '../../whole-file.ts'
import type { Output } from '../../command.ts'
import { patternOf } from '../../name-pattern.ts'
import { junitReport } from './junit.ts'
import { hasPassed, type TestOutcome } from './outcome.ts'
import { runMeshTests } from './run-tests.ts'

export interface TestMeshCall {
  readonly flags: {
    readonly run: readonly string[]
    readonly filename: readonly string[]
    readonly junit: string | undefined
  }
  readonly out: Output
}

/** Runs files of mesh tests; answers whether all passed. */
export function testMesh(files: readonly string[], { flags, out }: TestMeshCall): boolean {
  const wanted = flags.run.map(patternOf)
  const outcomes = files.flatMap((file) => {
    const all = runMeshTests(file, flags.filename)
    out.line(out.bold(file))
    const ran = wanted.length === 0 ? all : all.filter(({ name }) => wanted.some((pattern) => pattern.test(name)))
    for (const outcome of ran) for (const line of outcomeLines(outcome, out)) out.line(line)
    return ran
  })
  const passed = outcomes.filter(hasPassed).length
  const failed = outcomes.length - passed
  out.line(`\n${passed} passed${failed === 0 ? '' : `, ${out.paint('red', `${failed} failed`)}`}`)
  if (flags.junit !== undefined) writeWhole(flags.junit, junitReport(outcomes), 'the report')
  return failed === 0
}

function outcomeLines(outcome: TestOutcome, out: Output): readonly string[] {
  const { name, file, line, failures, warnings } = outcome
  const isGood = hasPassed(outcome)
  const mark = isGood ? out.paint('green', '✓') : out.paint('red', '✗')
  return [
    `  ${mark} ${name}${isGood ? '' : out.paint('dim', `   ${file}:${line}`)}`,
    ...failures.map((text) => `      ${text}`),
    ...warnings.map((text) => `      ${out.paint('yellow', 'warning:')} ${text}`),
  ]
}
