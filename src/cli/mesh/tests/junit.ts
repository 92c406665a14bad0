import type { TestOutcome } from './outcome.ts'

/** Outcomes as a JUnit report, as servers of continuous integration read it: a suite for each file. */
export function junitReport(outcomes: readonly TestOutcome[]): string {
  const suites = [...Map.groupBy(outcomes, ({ file }) => file)].map(([file, tests]) => suiteText(file, tests))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${countsText(outcomes)}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteText(file: string, tests: readonly TestOutcome[]): string {
  const cases = tests.map(caseText)
  return [`  <testsuite name="${escaped(file)}" ${countsText(tests)}>`, ...cases, '  </testsuite>'].join('\n')
}

function caseText({ name, file, line, failures, warnings }: TestOutcome): string {
  const start = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}"`
  const [first] = failures
  const notes = warnings.length === 0 ? [] : [`      <system-out>${escaped(warnings.join('\n'))}</system-out>`]
  if (first === undefined && notes.length === 0) return `${start}/>`
  const failure =
    first === undefined ? [] : [`      <failure message="${escaped(first)}">${escaped(failures.join('\n'))}</failure>`]
  return [`${start}>`, ...failure, ...notes, '    </testcase>'].join('\n')
}

function countsText(tests: readonly TestOutcome[]): string {
  const failed = tests.filter(({ failures }) => failures.length > 0).length
  return `tests="${tests.length}" failures="${failed}"`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Characters that XML does not allow are left out. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"\n]/g, (character) => ENTITIES[character] ?? character)
}
