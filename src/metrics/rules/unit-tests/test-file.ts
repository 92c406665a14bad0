import { readYaml } from '../../yaml/nodes.ts'
import { bool, converted, duration, float, list, mapOf, object, readAs, text, type TypeOf } from '../../yaml/types.ts'

/** A file of unit tests for rules, as promtool takes them (prometheus/prometheus cmd/promtool/unittest.go). */
export type UnitTestFile = TypeOf<typeof unitTestFile>
export type TestGroup = TypeOf<typeof testGroup>
export type AlertTest = TypeOf<typeof alertTest>
export type ExprTest = TypeOf<typeof exprTest>

/** Milliseconds, from seconds or from a date. */
const timestamp = converted(text, (value): number => {
  if (value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value) * 1_000
  const timeMs = Date.parse(value)
  if (Number.isNaN(timeMs)) throw new Error(`cannot parse ${JSON.stringify(value)} to a valid timestamp`)
  return timeMs
})

const alertTest = object('main.alertTestCase', {
  eval_time: duration,
  alertname: text,
  exp_alerts: list(object('main.alert', { exp_labels: mapOf(text), exp_annotations: mapOf(text) })),
})

const exprTest = object('main.promqlTestCase', {
  expr: text,
  eval_time: duration,
  exp_samples: list(object('main.sample', { labels: text, value: float, histogram: text })),
})

const testGroup = object('main.testGroup', {
  interval: duration,
  input_series: list(object('main.series', { series: text, values: text })),
  alert_rule_test: list(alertTest),
  promql_expr_test: list(exprTest),
  external_labels: mapOf(text),
  external_url: text,
  name: text,
  start_timestamp: timestamp,
})

const unitTestFile = object('main.unitTestFile', {
  rule_files: list(text),
  evaluation_interval: duration,
  group_eval_order: list(text),
  tests: list(testGroup),
  fuzzy_compare: bool,
})

/** Throws a `YamlError`. */
export function readTestFile(content: string): UnitTestFile {
  const { root } = readYaml(content)
  return root === undefined ? {} : readAs(root, unitTestFile)
}
