import { globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDuration } from '../../../src/metrics/model/duration.ts'
import {
  printPrometheusConfig,
  type PrometheusConfig,
  readPrometheusConfig,
  scrapeConfigsOf,
} from '../../../src/metrics/config/prometheus-config.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** Upstream's tests load their files from a folder of this name, and error messages show it. */
const UPSTREAM_FOLDER = 'testdata'

/** config/index.json: files that are loaded or refused. */
export const oracle: Oracle = {
  open: (_document, folder) => (oracleCase) => run(oracleCase, join(folder, 'files')),
}

async function run({ input, expect }: OracleCase, folder: string): Promise<void> {
  const attempt = async (): Promise<PrometheusConfig> => {
    const config = load(input, folder)
    const jobs = await scrapeConfigsOf(config, {
      readText: (path) => readFile(path, 'utf8'),
      match: (pattern) => Promise.resolve(globSync(pattern).sort()),
    })
    return { ...config, scrape_configs: jobs }
  }
  if (expect['accepted'] !== true) {
    const failure = await attempt().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!(failure instanceof Error)) throw new Mismatch('must be refused')
    const wanted = expect['error_contains']
    for (const part of Array.isArray(wanted) ? wanted : [wanted ?? '']) {
      if (!failure.message.includes(String(part))) {
        throw new Mismatch(`want a message with ${String(part)}, got ${failure.message}`)
      }
    }
    return
  }
  const config = await attempt()
  // What is printed can be read again.
  readPrometheusConfig(printPrometheusConfig(config))
  compareLoaded(config, (expect['loaded'] ?? {}) as Record<string, unknown>)
}

function load(input: OracleCase['input'], folder: string): PrometheusConfig {
  const {
    file,
    yaml,
    env,
    agent_mode: agentMode,
  } = input as {
    file?: string
    yaml?: string
    env?: Record<string, string>
    agent_mode?: boolean
  }
  const text = file === undefined ? (yaml ?? '') : readFileSync(`${folder}/${file}`, 'utf8')
  return readPrometheusConfig(text, {
    ...(file !== undefined && { file: `${UPSTREAM_FOLDER}/${file}`, directory: folder }),
    ...(env !== undefined && { environment: env }),
    ...(agentMode !== undefined && { agentMode }),
  })
}

function compareLoaded(config: PrometheusConfig, loaded: Record<string, unknown>): void {
  if ('external_labels' in loaded) {
    expectSame('external labels', config.global.external_labels, loaded['external_labels'])
  }
  if ('first_scrape_config' in loaded) compareJob(config.scrape_configs[0], loaded['first_scrape_config'] as object)
  const jobs = loaded['scrape_configs'] as object[] | undefined
  if (jobs === undefined) return
  expectSame('number of jobs', config.scrape_configs.length, jobs.length)
  for (const [index, job] of jobs.entries()) compareJob(config.scrape_configs[index], job)
}

function compareJob(job: object | undefined, expected: object): void {
  for (const [name, value] of Object.entries(expected)) {
    const isTime = name === 'scrape_interval' || name === 'scrape_timeout'
    const mine = (job as Record<string, unknown>)[name]
    expectSame(name, mine, isTime ? parseDuration(String(value)) : value)
  }
}
