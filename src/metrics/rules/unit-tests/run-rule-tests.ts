import { dirname } from 'node:path'
import { messageOf } from '../../../base/message-of.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Disk } from '../../../world/disk.ts'
import { findFiles } from '../../find-files.ts'
import { printDuration } from '../../model/duration.ts'
import { type EngineFeatures, QueryEngine } from '../../promql/engine.ts'
import { parseQuery } from '../../promql/syntax/parse.ts'
import { memoryTsdb, type Tsdb } from '../../tsdb/tsdb.ts'
import { YamlError } from '../../yaml/nodes.ts'
import type { Alert } from '../alert.ts'
import { engineQuery } from '../engine-query.ts'
import { readRuleFile, type RuleFile, RuleFileError } from '../rule-file.ts'
import { RuleGroup } from '../rule-group.ts'
import { rulesOf } from '../rules-of-group.ts'
import { alertProblem, samplesProblem } from './expectations.ts'
import { LazySeries } from './lazy-series.ts'
import { readTestFile, type TestGroup, type UnitTestFile } from './test-file.ts'

export interface RuleTestOptions {
  readonly disk: Disk
  readonly clock: Clock
  /** Patterns of the test groups that are to run; all when there are none. */
  readonly run?: readonly RegExp[]
  readonly ignoreUnknownFields?: boolean
  readonly features?: EngineFeatures
  /** Throws for a query that is not allowed. */
  readonly checkQuery?: (query: string) => void
  /** Are given the lines that promtool prints, as they come: progress, and what went wrong. */
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}

/** Runs files of unit tests for rules; answers whether all passed. */
export async function runRuleTests(files: readonly string[], options: RuleTestOptions): Promise<boolean> {
  let passed = true
  for (const file of files) {
    options.out(`Unit Testing:  ${file}`)
    const problems = await fileProblems(file, options)
    if (problems.length === 0) options.out('  SUCCESS')
    else {
      passed = false
      options.err('  FAILED:')
      for (const problem of problems) {
        options.err(problem)
        options.out('')
      }
    }
    options.out('')
  }
  return passed
}

const MINUTE_MS = 60_000

async function fileProblems(file: string, options: RuleTestOptions): Promise<readonly string[]> {
  try {
    const tests = readTestFile(await options.disk.readText(file))
    const order = tests.group_eval_order ?? []
    const double = order.find((name, index) => order.indexOf(name) !== index)
    if (double !== undefined) return [`group name repeated in evaluation order: ${double}`]
    const ruleFiles = await readRuleFiles(tests, dirname(file), options)
    const problems: string[] = []
    for (const group of tests.tests ?? []) {
      const { run = [] } = options
      if (run.length > 0 && !run.some((pattern) => pattern.test(group.name ?? ''))) continue
      problems.push(...(await new GroupTest(group, { tests, ruleFiles, options }).problems()))
    }
    return problems
  } catch (failure) {
    if (failure instanceof YamlError || failure instanceof RuleFileError) return [failure.message]
    if (failure instanceof Error) return [`${file}: ${failure.message}`]
    throw failure
  }
}

async function readRuleFiles(
  tests: UnitTestFile,
  folder: string,
  { disk, err, ignoreUnknownFields = false, features, checkQuery }: RuleTestOptions,
): Promise<ReadonlyMap<string, RuleFile>> {
  const files = new Map<string, RuleFile>()
  for (const pattern of tests.rule_files ?? []) {
    const found = await findFiles(disk, pattern, folder)
    if (found.length === 0) err(`  WARNING: no file match pattern ${pattern}`)
    for (const file of found) {
      const check = (query: string): void => {
        parseQuery(query, features)
        checkQuery?.(query)
      }
      files.set(file, readRuleFile(await disk.readText(file), { parseQuery: check, ignoreUnknownFields }))
    }
  }
  return files
}

interface GroupTestContext {
  readonly tests: UnitTestFile
  readonly ruleFiles: ReadonlyMap<string, RuleFile>
  readonly options: RuleTestOptions
}

/** One group of tests over series of its own. */
class GroupTest {
  readonly #group: TestGroup
  readonly #context: GroupTestContext
  readonly #evalIntervalMs: number
  readonly #startMs: number
  readonly #storage: Tsdb
  readonly #engine: QueryEngine

  constructor(group: TestGroup, context: GroupTestContext) {
    const { features, clock } = context.options
    const evalIntervalMs = context.tests.evaluation_interval ?? 0
    this.#group = group
    this.#context = context
    this.#evalIntervalMs = evalIntervalMs === 0 ? MINUTE_MS : evalIntervalMs
    this.#startMs = group.start_timestamp ?? 0
    // A test's series may span years, and nothing of them is to be forgotten.
    this.#storage = memoryTsdb({ retentionMs: Infinity, blockRangeMs: 100 * 365 * 24 * 60 * MINUTE_MS })
    this.#engine = new QueryEngine({
      clock,
      subqueryStepMs: () => this.#evalIntervalMs,
      ...(features !== undefined && { features }),
    })
  }

  async problems(): Promise<readonly string[]> {
    const { alert_rule_test: alertTests = [], name } = this.#group
    const unnamed = alertTests.find(({ alertname = '' }) => alertname === '')
    if (unnamed !== undefined) {
      const where = name === undefined ? '' : ` (in TestGroup ${name})`
      const at = printDuration(unnamed.eval_time ?? 0)
      return [`an item under alert_rule_test misses required attribute alertname at eval_time ${at}${where}`]
    }
    const { interval = 0 } = this.#group
    const stepMs = interval === 0 ? this.#evalIntervalMs : interval
    const series = new LazySeries(this.#group, { startMs: this.#startMs, stepMs })
    try {
      const failures = await this.#testAlerts(series, stepMs)
      if (failures.isFinal) return failures.problems
      await series.appendUntil(this.#storage, Infinity)
      return [...failures.problems, ...(await this.#testExpressions())]
    } finally {
      await this.#storage.close()
    }
  }

  /** Evaluates the rules step by step, and looks at the alerts where a test wants to. */
  async #testAlerts(series: LazySeries, stepMs: number): Promise<{ problems: readonly string[]; isFinal: boolean }> {
    const groups = this.#ruleGroups(stepMs)
    const problems: string[] = []
    const endMs = this.#startMs + this.#lastEvalMs()
    const { alert_rule_test: alertTests = [] } = this.#group
    for (let atMs = this.#startMs; atMs <= endMs; atMs += this.#evalIntervalMs) {
      await series.appendUntil(this.#storage, atMs)
      const failures: string[] = []
      for (const group of groups) {
        await group.evaluate(atMs)
        for (const { name, state } of group.rules) {
          if (state.lastError !== '')
            failures.push(`    rule: ${name}, time: ${printDuration(atMs)}, err: ${state.lastError}`)
        }
      }
      if (failures.length > 0) return { problems: [...problems, ...failures], isFinal: true }
      const elapsedMs = atMs - this.#startMs
      for (const test of alertTests) {
        const { eval_time: evalMs = 0, alertname = '' } = test
        if (evalMs < elapsedMs || evalMs >= elapsedMs + this.#evalIntervalMs) continue
        const problem = alertProblem(test, firingAlerts(groups, alertname), this.#group.name)
        if (problem !== undefined) problems.push(problem)
      }
    }
    return { problems, isFinal: false }
  }

  async #testExpressions(): Promise<readonly string[]> {
    const query = engineQuery(this.#engine, this.#storage)
    const { checkQuery } = this.#context.options
    const problems: string[] = []
    for (const test of this.#group.promql_expr_test ?? []) {
      const { expr = '', eval_time: evalMs = 0 } = test
      try {
        checkQuery?.(expr)
        const samples = await query(expr, this.#startMs + evalMs)
        const problem = samplesProblem(test, samples, this.#context.tests.fuzzy_compare === true)
        if (problem !== undefined) problems.push(problem)
      } catch (failure) {
        problems.push(`    expr: ${JSON.stringify(expr)}, time: ${printDuration(evalMs)}, err: ${messageOf(failure)}`)
      }
    }
    return problems
  }

  #ruleGroups(stepMs: number): readonly RuleGroup[] {
    const { ruleFiles, tests, options } = this.#context
    const { external_labels: externalLabels = {}, external_url: externalUrl = '' } = this.#group
    const context = {
      clock: options.clock,
      storage: this.#storage,
      query: engineQuery(this.#engine, this.#storage),
      notify: () => undefined,
      resendDelayMs: 0,
      outageToleranceMs: 0,
      forGracePeriodMs: 0,
      log: () => undefined,
    }
    const groups = [...ruleFiles].flatMap(([file, { groups: configs }]) =>
      configs.map((config) => {
        const rules = rulesOf(config, { externalLabels, externalUrl, isRestored: true, printQuery: (expr) => expr })
        const { name, limit, intervalMs = stepMs, queryOffsetMs = 0 } = config
        return new RuleGroup(
          { name, file, limit, intervalMs, queryOffsetMs, rules, fingerprint: '', restores: false },
          context,
        )
      }),
    )
    const order = tests.group_eval_order ?? []
    return groups.sort((a, b) => Math.max(0, order.indexOf(a.name)) - Math.max(0, order.indexOf(b.name)))
  }

  #lastEvalMs(): number {
    const { alert_rule_test: alertTests = [], promql_expr_test: exprTests = [] } = this.#group
    return Math.max(0, ...[...alertTests, ...exprTests].map(({ eval_time: evalMs = 0 }) => evalMs))
  }
}

function firingAlerts(groups: readonly RuleGroup[], alertname: string): readonly Alert[] {
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => (rule.type === 'alerting' && rule.name === alertname ? rule.activeAlerts : []))
    .filter(({ state }) => state === 'firing')
}
