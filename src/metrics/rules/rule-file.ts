import { goQuote } from '../../base/go-quote.ts'
import { METRIC_NAME } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName, type NameValidationScheme } from '../model/names.ts'
import { isNull, readYaml, valueOf, YamlError, type YamlNode } from '../yaml/nodes.ts'
import { duration, int, list, mapOf, object, readAs, text, type TypeOf } from '../yaml/types.ts'
import { alertTemplate } from './alert-templates.ts'

/** A file of rules, as it is written. */
export interface RuleFile {
  readonly groups: readonly RuleGroupConfig[]
  /** What is odd, but no mistake. */
  readonly warnings: readonly string[]
}

/** Rules that are evaluated one after the other, at one time. */
export interface RuleGroupConfig {
  readonly name: string
  readonly intervalMs?: number
  readonly queryOffsetMs?: number
  /** How many series or alerts a rule may give; 0: any number. */
  readonly limit: number
  readonly labels: Readonly<Record<string, string>>
  readonly rules: readonly RuleConfig[]
}

export interface RuleConfig {
  /** Set in a recording rule. */
  readonly record?: string
  /** Set in an alerting rule. */
  readonly alert?: string
  readonly expr: string
  readonly forMs: number
  readonly keepFiringForMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** A file of rules is not what it should be; `problems` has everything that is wrong, each with its place if it has one. */
export class RuleFileError extends Error {
  override readonly name = 'RuleFileError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}

export interface RuleFileOptions {
  /** Throws when the text is no query. */
  readonly parseQuery: (query: string) => unknown
  readonly nameValidation?: NameValidationScheme
  readonly ignoreUnknownFields?: boolean
}

/** Reads a file of rules (prometheus/prometheus model/rulefmt/rulefmt.go). Throws a `RuleFileError`. */
export function readRuleFile(content: string, options: RuleFileOptions): RuleFile {
  const type = ruleGroups(options.ignoreUnknownFields === true)
  try {
    const { root, documents } = readYaml(content)
    const warnings = documents > 1 ? [MULTIPLE_DOCUMENTS] : []
    if (root === undefined) return { groups: [], warnings }
    const groups = (readAs(root, type).groups ?? []).map(groupOf)
    const problems = [...groupProblems(groups, listOf(valueOf(root, 'groups')), options)]
    if (problems.length > 0) throw new RuleFileError(problems)
    return { groups, warnings }
  } catch (failure) {
    if (failure instanceof YamlError) throw new RuleFileError([failure.message], { cause: failure })
    throw failure
  }
}

const MULTIPLE_DOCUMENTS = 'Multiple document yaml rules files are not supported, only the first document is processed'

function ruleType(ignoreUnknown: boolean) {
  return object(
    'rulefmt.Rule',
    {
      record: text,
      alert: text,
      expr: text,
      for: duration,
      keep_firing_for: duration,
      labels: mapOf(text),
      annotations: mapOf(text),
    },
    { ignoreUnknown },
  )
}

function ruleGroupType(ignoreUnknown: boolean) {
  return object(
    'rulefmt.RuleGroup',
    {
      name: text,
      interval: duration,
      query_offset: duration,
      limit: int,
      labels: mapOf(text),
      rules: list(ruleType(ignoreUnknown)),
    },
    { ignoreUnknown },
  )
}

function ruleGroups(ignoreUnknown: boolean) {
  return object('rulefmt.RuleGroups', { groups: list(ruleGroupType(ignoreUnknown)) }, { ignoreUnknown })
}

function groupOf(group: TypeOf<ReturnType<typeof ruleGroupType>>): RuleGroupConfig {
  const { name = '', interval = 0, query_offset: queryOffsetMs, limit = 0, labels = {}, rules = [] } = group
  return {
    name,
    ...(interval > 0 && { intervalMs: interval }),
    ...(queryOffsetMs !== undefined && { queryOffsetMs }),
    limit,
    labels,
    rules: rules.map(ruleOf),
  }
}

function ruleOf(rule: TypeOf<ReturnType<typeof ruleType>>): RuleConfig {
  const { record = '', alert = '', expr = '', labels = {}, annotations = {} } = rule
  return {
    ...(record !== '' && { record }),
    ...(alert !== '' && { alert }),
    expr,
    forMs: rule.for ?? 0,
    keepFiringForMs: rule.keep_firing_for ?? 0,
    labels,
    annotations,
  }
}

function listOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'list' ? node.items : []
}

function* groupProblems(
  groups: readonly RuleGroupConfig[],
  nodes: readonly YamlNode[],
  options: RuleFileOptions,
): Generator<string> {
  const { nameValidation = 'utf8' } = options
  const seen = new Set<string>()
  for (const [index, group] of groups.entries()) {
    const node = nodes[index]
    if (group.name === '') yield `${placeOf(node)}: Groupname must not be empty`
    if (seen.has(group.name)) yield `${placeOf(node)}: groupname: "${group.name}" is repeated in the same file`
    seen.add(group.name)
    yield* labelProblems(group.labels, nameValidation)
    const ruleNodes = listOf(valueOf(node, 'rules'))
    for (const [number, rule] of group.rules.entries()) {
      for (const { message, at = '' } of ruleProblems(rule, ruleNodes[number], options)) {
        const name = rule.alert ?? rule.record ?? ''
        yield `${at}group ${goQuote(group.name)}, rule ${number + 1}, ${goQuote(name)}: ${message}`
      }
    }
  }
}

function placeOf(node: YamlNode | undefined): string {
  return node === undefined ? '0:0' : `${node.line}:${node.column}`
}

interface RuleProblem {
  readonly message: string
  /** `9:13: `, where there is a place to name. */
  readonly at?: string
}

function* ruleProblems(rule: RuleConfig, node: YamlNode | undefined, options: RuleFileOptions): Generator<RuleProblem> {
  const { record, alert, expr, labels, annotations } = rule
  const { nameValidation = 'utf8' } = options
  const at = (field: string): string => `${placeOf(valueOf(node, field))}: `
  const both = at('record') + at('alert')
  if (record !== undefined && alert !== undefined) {
    yield { message: "only one of 'record' and 'alert' must be set", at: both }
  }
  if (record === undefined && alert === undefined) {
    yield { message: "one of 'record' or 'alert' must be set", at: both }
  }
  if (expr === '' || isNull(valueOf(node, 'expr'))) {
    yield { message: "field 'expr' must be set in rule", at: at('expr') }
  } else {
    const problem = queryProblem(expr, options)
    if (problem !== undefined) yield { message: `could not parse expression: ${problem}`, at: at('expr') }
  }
  if (record !== undefined) {
    for (const message of recordingProblems(rule, record, nameValidation)) yield { message, at: at('record') }
  }
  for (const message of labelProblems(labels, nameValidation)) yield { message }
  for (const name of Object.keys(annotations)) {
    if (!isValidLabelName(name, nameValidation)) yield { message: `invalid annotation name: ${name}` }
  }
  if (alert !== undefined) yield* templateProblems(alert, rule)
}

function queryProblem(expr: string, { parseQuery }: RuleFileOptions): string | undefined {
  try {
    parseQuery(expr)
    return undefined
  } catch (failure) {
    if (failure instanceof Error) return failure.message
    throw failure
  }
}

function* recordingProblems(rule: RuleConfig, record: string, scheme: NameValidationScheme): Generator<string> {
  const { annotations, forMs, keepFiringForMs } = rule
  if (Object.keys(annotations).length > 0) yield "invalid field 'annotations' in recording rule"
  if (forMs !== 0) yield "invalid field 'for' in recording rule"
  if (keepFiringForMs !== 0) yield "invalid field 'keep_firing_for' in recording rule"
  if (!isValidMetricName(record, scheme)) yield `invalid recording rule name: ${record}`
  // It is a valid name under UTF-8, and almost always an expression in the wrong place.
  if (/[{}]/.test(record)) yield `braces present in the recording rule name; should it be in expr?: ${record}`
}

function* labelProblems(labels: Readonly<Record<string, string>>, scheme: NameValidationScheme): Generator<string> {
  for (const [name, value] of Object.entries(labels)) {
    if (!isValidLabelName(name, scheme) || name === METRIC_NAME) yield `invalid label name: ${name}`
    if (!value.isWellFormed()) yield `invalid label value: ${value}`
  }
}

function* templateProblems(alert: string, rule: RuleConfig): Generator<RuleProblem> {
  for (const [name, value] of Object.entries(rule.labels)) {
    const problem = alertTemplate(alert, value).problem()
    if (problem !== undefined) yield { message: `label ${goQuote(name)}: ${problem}` }
  }
  for (const [name, value] of Object.entries(rule.annotations)) {
    const problem = alertTemplate(alert, value).problem()
    if (problem !== undefined) yield { message: `annotation ${goQuote(name)}: ${problem}` }
  }
}
