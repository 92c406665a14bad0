import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { parseQuery } from '../../src/metrics/promql/syntax/parse.ts'
import { readRuleFile, RuleFileError } from '../../src/metrics/rules/rule-file.ts'
import { runRuleTests } from '../../src/metrics/rules/unit-tests/run-rule-tests.ts'
import { RealClock } from '../../src/world/real-clock.ts'
import { RealDisk } from '../../src/world/real-disk.ts'

/** Debian's, of Prometheus 2.42. */
const PROMTOOL = '/usr/bin/promtool'

// Where the tool must be there, the tests run and fail without it.
const isSkipped = !existsSync(PROMTOOL) && process.env['DABBA_TEST_REQUIRE_ALL'] !== '1'
if (isSkipped) console.warn('skipped: promtool is not installed (Debian: apt-get install prometheus)')

const FIXTURES = fileURLToPath(new URL('./fixtures/rules/', import.meta.url))
const SIX_ALERTS = fileURLToPath(new URL('../alerts/fixtures/rules.yml', import.meta.url))

const BROKEN = [
  'groups: [{name: a}, {name: a}]',
  'groups: [{rules: []}]',
  'groups: [{name: a, rules: [{record: x}]}]',
  'groups: [{name: a, rules: [{expr: up}]}]',
  'groups: [{name: a, rules: [{record: x, alert: y, expr: up}]}]',
  'groups: [{name: a, rules: [{record: x, expr: "sum("}]}]',
  'groups: [{name: a, rules: [{record: x, expr: up, for: 1m}]}]',
  'groups: [{name: a, rules: [{alert: x, expr: up, labels: {__name__: y}}]}]',
  'groups: [{name: a, rules: [{alert: x, expr: up, annotations: {a: "{{ .Nope "}}]}]',
  'groups: [{name: a, rules: [{alert: x, expr: up, annotation: {}}]}]',
  'groups: [{name: a, interval: soon}]',
  'group: []',
]

describe.skipIf(isSkipped)('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dabba-promtool-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(['passing.yml', 'failing.yml'])('tests rules with the same words: %s', async (name) => {
    const file = join(FIXTURES, name)
    const theirs = spawnSync(PROMTOOL, ['test', 'rules', file], { encoding: 'utf8' })
    let out = ''
    let err = ''
    const passed = await runRuleTests([file], {
      disk: new RealDisk(),
      clock: new RealClock(),
      out: (line) => (out += `${line}\n`),
      err: (line) => (err += `${line}\n`),
    })
    expect(out).toBe(theirs.stdout)
    expect(err).toBe(theirs.stderr)
    expect(passed).toBe(theirs.status === 0)
  })

  test.each([...[join(FIXTURES, 'stalls.yml'), SIX_ALERTS].map((file) => readFileSync(file, 'utf8')), ...BROKEN])(
    'agrees on whether rules are in order: %#',
    (content) => {
      const file = join(folder, 'rules.yml')
      writeFileSync(file, content)
      const theirs = spawnSync(PROMTOOL, ['check', 'rules', file], { encoding: 'utf8' })
      expect(problemsOf(content).length === 0, theirs.stderr).toBe(theirs.status === 0)
    },
  )
})

function problemsOf(content: string): readonly string[] {
  try {
    readRuleFile(content, { parseQuery })
    return []
  } catch (failure) {
    if (failure instanceof RuleFileError) return failure.problems
    throw failure
  }
}
