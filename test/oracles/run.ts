/**
 * Runs our code over test cases that the authors of the real systems wrote, kept as data outside this repository:
 *
 *     node test/oracles/run.ts FOLDER [FILE...] [--failures] [--floor PERCENT]
 *
 * Prints passed, failed and total for each file; fails when a file is below its floor or its adapter is broken.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isRecord, parseLossless } from './lossless-json.ts'
import type { OracleCase, OracleDocument } from './oracle.ts'
import { ORACLES, type OracleImport } from './registry.ts'

const FLOOR_PERCENT = 97

interface Failure {
  readonly id: string
  readonly source: string
  readonly reason: string
}

interface Tally {
  readonly total: number
  readonly failures: readonly Failure[]
}

process.exitCode = await main(process.argv.slice(2))

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      failures: { type: 'boolean', default: false },
      floor: { type: 'string', default: String(FLOOR_PERCENT) },
    },
  })
  const [folder, ...files] = positionals
  if (folder === undefined)
    return complain('usage: node test/oracles/run.ts FOLDER [FILE...] [--failures] [--floor PERCENT]')
  const adapters = ORACLES[basename(resolve(folder))]
  if (adapters === undefined) return complain(`no adapters for ${folder}: known are ${Object.keys(ORACLES).join(', ')}`)

  const named = (file: string) => (file in adapters ? file : basename(file, '.json'))
  const names = files.length > 0 ? files.map(named) : Object.keys(adapters)
  let failed = false
  for (const name of names) {
    const adapter = adapters[name]
    if (adapter === undefined) return complain(`no adapter for ${name}: known are ${Object.keys(adapters).join(', ')}`)
    const path = [join(folder, `${name}.json`), join(folder, name, 'index.json')].find(existsSync)
    if (path === undefined) return complain(`no file ${name}.json and no ${name}/index.json in ${folder}`)
    const tally = await judge(adapter, path)
    report(name, tally, values.failures)
    if (percentOf(tally) < Number(values.floor)) failed = true
  }
  return failed ? 1 : 0
}

async function judge(adapter: OracleImport, path: string): Promise<Tally> {
  const { oracle } = await adapter()
  const document = parseLossless(readFileSync(path, 'utf8'), { keepFloats: oracle.keepFloats ?? false })
  if (!isDocument(document)) throw new Error(`${path} has no list of cases`)
  const run = oracle.open(document, dirname(path))
  const failures: Failure[] = []
  const cases = oracle.cases?.(document) ?? document.cases
  for (const oracleCase of cases) {
    const reason = await reasonOfFailure(run, oracleCase)
    if (reason !== undefined) failures.push({ id: oracleCase.id, source: oracleCase.source, reason })
  }
  return { total: cases.length, failures }
}

async function reasonOfFailure(
  run: (oracleCase: OracleCase) => void | Promise<void>,
  oracleCase: OracleCase,
): Promise<string | undefined> {
  try {
    await run(oracleCase)
    return undefined
  } catch (failure) {
    return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure)
  }
}

function report(name: string, tally: Tally, withFailures: boolean): void {
  const failed = tally.failures.length
  const counts = `${tally.total - failed} passed, ${failed} failed, ${tally.total} total`
  console.log(`${name.padEnd(24)} ${percentOf(tally).toFixed(1).padStart(5)} %  ${counts}`)
  if (!withFailures) return
  for (const { id, source, reason } of tally.failures) console.log(`  ${id}  ${source}\n      ${reason}`)
}

function percentOf({ total, failures }: Tally): number {
  return total === 0 ? 0 : (100 * (total - failures.length)) / total
}

function isDocument(value: unknown): value is OracleDocument {
  return isRecord(value) && Array.isArray(value['cases'])
}

function complain(message: string): number {
  console.error(message)
  return 2
}
