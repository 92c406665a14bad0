/**
 * Runs Prometheus' own PromQL test scripts, kept outside this repository:
 *
 *     node test/oracles/promqltest.ts FOLDER [FILE...] [--failures]
 *
 * A case passes when its query gives what the script says and, where it is an instant query, gives it as well pinned by `@`
 * at five other times, and each of these as the middle step of a range query. Fails when fewer cases pass than the floors ask.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { QueryEngine } from '../../src/metrics/promql/engine.ts'
import { QueryError } from '../../src/metrics/promql/query-error.ts'
import type { QueryResult, QueryValue, VectorSample } from '../../src/metrics/promql/results.ts'
import { parseQuery } from '../../src/metrics/promql/syntax/parse.ts'
import { type Tsdb } from '../../src/metrics/tsdb/tsdb.ts'
import { memoryTsdb } from '../../src/metrics/tsdb/memory-tsdb.ts'
import { RealClock } from '../../src/world/real-clock.ts'
import { differenceInAnnotations, differenceInValue } from './promqltest/compare.ts'
import { load } from './promqltest/load.ts'
import { type Command, type EvalCommand, parseScript } from './promqltest/script.ts'
import { CONTEXT_FUNCTIONS, pinnedVariants, type Variant } from './promqltest/strict.ts'

/** Percent of the cases that must pass: of those without native histograms and experiments, and of all. */
const PLAIN_FLOOR = 99
const ALL_FLOOR = 90

const FEATURES = {
  experimentalFunctions: true,
  durationExpressions: true,
  extendedRangeSelectors: true,
  fillModifiers: true,
  delayedNameRemoval: true,
  startTimestamps: true,
}

/** Scripts about what is experimental; a case with a native histogram is counted with these wherever it stands. */
const EXPERIMENTAL = new Set([
  'duration_expression',
  'extended_vectors',
  'fill-modifier',
  'info',
  'limit',
  'native_histograms',
  'start_timestamps',
  'type_and_unit',
])

interface Outcome {
  readonly name: string
  readonly line: number
  readonly query: string
  readonly isPlain: boolean
  readonly problem: string | undefined
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { failures: { type: 'boolean', default: false } },
  })
  const [folder, ...files] = positionals
  if (folder === undefined) {
    console.error('usage: node test/oracles/promqltest.ts FOLDER [FILE...] [--failures]')
    return 2
  }
  const names = files.length > 0 ? files.map((file) => basename(file, '.test')) : scriptsIn(folder)
  const outcomes: Outcome[] = []
  for (const name of names) {
    const ofScript = await runScript(name, readFileSync(join(folder, `${name}.test`), 'utf8'))
    outcomes.push(...ofScript)
    console.log(`${name.padEnd(22)} ${describe(ofScript)}`)
    if (!values.failures) continue
    for (const { line, query, problem } of ofScript)
      if (problem !== undefined) console.log(`    ${name}.test:${line}  ${query}\n        ${problem}`)
  }
  const plain = outcomes.filter(({ isPlain }) => isPlain)
  console.log(`${'plain'.padEnd(22)} ${describe(plain)}`)
  console.log(`${'all'.padEnd(22)} ${describe(outcomes)}`)
  return percent(plain) >= PLAIN_FLOOR && percent(outcomes) >= ALL_FLOOR ? 0 : 1
}

function scriptsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test'))
    .map((name) => basename(name, '.test'))
    .sort()
}

function describe(outcomes: readonly Outcome[]): string {
  const passed = outcomes.filter(({ problem }) => problem === undefined).length
  const failed = String(outcomes.length - passed).padStart(5)
  return `${String(passed).padStart(5)} passed ${failed} failed  ${percent(outcomes).toFixed(1)} %`
}

function percent(outcomes: readonly Outcome[]): number {
  if (outcomes.length === 0) return 100
  return (100 * outcomes.filter(({ problem }) => problem === undefined).length) / outcomes.length
}

async function runScript(name: string, text: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let storage = newStorage()
  let hasHistograms = false
  for (const command of parseScript(text)) {
    if (command.type === 'clear') {
      storage = newStorage()
      hasHistograms = false
    } else if (command.type === 'load') {
      hasHistograms ||= loadsHistograms(command)
      await load(storage, command)
    } else {
      const isPlain = !hasHistograms && !EXPERIMENTAL.has(name)
      outcomes.push({
        name,
        line: command.line,
        query: command.query,
        isPlain,
        problem: await problemOf(storage, command),
      })
    }
  }
  return outcomes
}

function newStorage(): Tsdb {
  return memoryTsdb({ blockRangeMs: 86_400_000, retentionMs: Infinity })
}

function loadsHistograms(command: Command): boolean {
  if (command.type !== 'load') return false
  return command.withNhcb || command.series.some(({ values }) => values.some(({ type }) => type === 'histogram'))
}

async function problemOf(storage: Tsdb, command: EvalCommand): Promise<string | undefined> {
  try {
    const engine = new QueryEngine({ clock: new RealClock(), timeoutMs: 100_000, features: FEATURES })
    if (command.isRange) {
      const run = (): Promise<QueryResult> => engine.range(storage, command.query, command)
      return await problemIn(run, command, (result) => differenceInValue(result.value, command))
    }
    const first: Variant = { query: command.query, atMs: command.startMs }
    let variants: readonly Variant[] = [first]
    const expr = parsed(command.query)
    if (expr !== undefined)
      variants = [first, ...pinnedVariants(expr, command.expected.range?.endMs ?? command.startMs)]
    for (const variant of variants) {
      const problem = await problemOfVariant({ engine, storage, command, variant })
      if (problem !== undefined) return variant === first ? problem : `${variant.query} at ${variant.atMs}: ${problem}`
    }
    return undefined
  } catch (failure) {
    return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  }
}

/** Undefined for a query that is none: the engine will say so. */
function parsed(query: string): ReturnType<typeof parseQuery> | undefined {
  try {
    return parseQuery(query, FEATURES)
  } catch (failure) {
    if (failure instanceof Error && failure.name === 'ParseError') return undefined
    throw failure
  }
}

async function problemIn(
  run: () => Promise<QueryResult>,
  { expected }: EvalCommand,
  difference: (result: QueryResult) => string | undefined,
): Promise<string | undefined> {
  let result: QueryResult
  try {
    result = await run()
  } catch (failure) {
    if (!(failure instanceof QueryError)) throw failure
    if (expected.fail === undefined) return `failed: ${failure.message}`
    return expected.fail(failure.message) ? undefined : `failed otherwise: ${failure.message}`
  }
  if (expected.fail !== undefined) return 'did not fail'
  return differenceInAnnotations(result, expected) ?? difference(result)
}

interface VariantRun {
  readonly engine: QueryEngine
  readonly storage: Tsdb
  readonly command: EvalCommand
  readonly variant: Variant
}

async function problemOfVariant({ engine, storage, command, variant }: VariantRun): Promise<string | undefined> {
  const { query, atMs } = variant
  let type: QueryValue['type'] | undefined
  const problem = await problemIn(
    () => engine.instant(storage, query, atMs),
    command,
    ({ value }) => {
      type = value.type
      return differenceInValue(value, command)
    },
  )
  const { expected } = command
  const isInstantOnly = expected.range !== undefined || expected.text !== undefined || expected.isOrdered
  if (problem !== undefined || type === undefined || isInstantOnly || CONTEXT_FUNCTIONS.test(query)) return problem
  const times = { startMs: atMs - 60_000, endMs: atMs + 60_000, stepMs: 60_000 }
  const { value } = await engine.range(storage, query, times)
  const middle = stepOf(value, atMs)
  const asInstant: QueryValue =
    type === 'scalar'
      ? { type: 'scalar', timestampMs: atMs, value: middle[0]?.value ?? Number.NaN }
      : { type: 'vector', timestampMs: atMs, samples: middle }
  const inRange = differenceInValue(asInstant, command)
  return inRange === undefined ? undefined : `as a range: ${inRange}`
}

function stepOf(value: QueryValue, atMs: number): VectorSample[] {
  if (value.type !== 'matrix') return []
  return value.series.flatMap(({ labels, samples }) => {
    const index = samples.timestamps.indexOf(atMs)
    if (index < 0 || index >= samples.length) return []
    const histogram = samples.histograms?.[index]
    const sample = { labels, value: samples.values[index] ?? 0 }
    return [histogram === undefined ? sample : { ...sample, histogram }]
  })
}
