import { stringify } from 'yaml'
import { goQuote } from '../../base/go-quote.ts'
import { isNull, readYaml, YamlError } from '../yaml/nodes.ts'
import { readAs } from '../yaml/types.ts'
import { ALERTING_CONFIG } from './alerting-config.ts'
import { checkRelabeling } from './fields.ts'
import { DEFAULT_GLOBAL_CONFIG, GLOBAL_CONFIG, validationSchemeOf } from './global-config.ts'
import {
  OTLP_CONFIG,
  RUNTIME_CONFIG,
  STORAGE_CONFIG,
  TRACING_CONFIG,
  TRANSLATION_STRATEGIES,
} from './other-sections.ts'
import { REMOTE_READ_CONFIG, REMOTE_WRITE_CONFIG } from './remote-config.ts'
import { always, ConfigError, type ConfigOf, list, path, struct } from './schema.ts'
import { completeScrapeConfig, type ScrapeConfig, SCRAPE_CONFIGS } from './scrape-config.ts'

/** A pattern of file names: wildcards in the last part only. */
const FILE_PATTERN = /^[^*]*(\*[^/]*)?$/

const CONFIG = struct(
  'config.plain',
  {
    global: always(GLOBAL_CONFIG),
    runtime: RUNTIME_CONFIG,
    alerting: ALERTING_CONFIG,
    rule_files: list(path),
    scrape_config_files: list(path),
    scrape_configs: SCRAPE_CONFIGS,
    storage: STORAGE_CONFIG,
    tracing: { ...TRACING_CONFIG, absent: TRACING_CONFIG.zero },
    remote_write: list(REMOTE_WRITE_CONFIG, { nullProblem: 'empty or null remote write config section' }),
    remote_read: list(REMOTE_READ_CONFIG, { nullProblem: 'empty or null remote read config section' }),
    otlp: OTLP_CONFIG,
  },
  (config) => {
    const global = GLOBAL_CONFIG.isZero(config.global) ? DEFAULT_GLOBAL_CONFIG : config.global
    checkPatterns(config.rule_files, 'rule')
    checkPatterns(config.scrape_config_files, 'scrape config')
    const jobs = config.scrape_configs.map((job) => completeScrapeConfig(job, global))
    checkNames(
      jobs.map((job) => job.job_name),
      'scrape',
    )
    const scheme = validationSchemeOf(global)
    checkRelabeling(config.alerting.alert_relabel_configs, scheme)
    for (const alertmanager of config.alerting.alertmanagers) {
      checkRelabeling(alertmanager.alert_relabel_configs, scheme)
      checkRelabeling(alertmanager.relabel_configs, scheme)
    }
    checkNames(
      config.remote_write.map(({ name }) => name),
      'remote write',
    )
    checkNames(
      config.remote_read.map(({ name }) => name),
      'remote read',
    )
    for (const { write_relabel_configs } of config.remote_write) checkRelabeling(write_relabel_configs, scheme)
    checkTranslation(config.otlp.translation_strategy, scheme)
    const runtime = RUNTIME_CONFIG.isZero(config.runtime) ? RUNTIME_CONFIG.absent : config.runtime
    return { ...config, global, runtime, scrape_configs: jobs }
  },
)

/** A whole prometheus.yml, with every default filled in. Immutable. */
export type PrometheusConfig = ConfigOf<typeof CONFIG>

/** What the file system answers with, when a configuration names other files. */
export interface ConfigSources {
  readText(path: string): Promise<string>
  /** Paths that a pattern with `*`, `?` and `[a-z]` matches, sorted. */
  match(pattern: string): Promise<readonly string[]>
}

export interface ConfigOptions {
  /** Names the file in messages. */
  readonly file?: string
  /** Where relative paths begin. */
  readonly directory?: string
  /** The environment, for `$NAME` in external labels. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Only scrapes and sends on: no rules, no alerts, no reading. */
  readonly agentMode?: boolean
}

/** Reads a configuration. Throws a `ConfigError` that names the file, the line where there is one, and the reason. */
export function readPrometheusConfig(text: string, options: ConfigOptions = {}): PrometheusConfig {
  const config = naming(options.file, () => {
    const { root } = readYaml(text)
    return isNull(root) || root === undefined ? EMPTY : readAs<PrometheusConfig>(root, CONFIG)
  })
  if (options.agentMode === true) checkAgentMode(config)
  const expanded = withExternalLabels(config, options.environment ?? {})
  return options.directory === undefined ? expanded : (CONFIG.inDirectory?.(expanded, options.directory) ?? expanded)
}

/** The configuration as `/api/v1/status/config` shows it: with defaults, without secrets. */
export function printPrometheusConfig(config: PrometheusConfig): string {
  return stringify(CONFIG.print(config), PRINTING)
}

/** As Go's printer lays YAML out. */
export const PRINTING = { indentSeq: false, lineWidth: 0, version: '1.1', flowCollectionPadding: false } as const

/** All jobs: those of the file, and those of the files that it names. */
export async function scrapeConfigsOf(
  config: PrometheusConfig,
  sources: ConfigSources,
): Promise<readonly ScrapeConfig[]> {
  const jobs: ScrapeConfig[] = [...config.scrape_configs]
  const files = new Map(jobs.map((job) => [job.job_name, 'main config file']))
  for (const pattern of config.scrape_config_files) {
    for (const file of await sources.match(pattern)) {
      const text = await sources.readText(file)
      const directory = file.slice(0, Math.max(file.lastIndexOf('/'), 0))
      for (const job of readScrapeConfigFile(text, file)) {
        const complete = prefixed(goQuote(file), () => completeScrapeConfig(job, config.global))
        const first = files.get(job.job_name)
        if (first !== undefined) {
          const problem = `found multiple scrape configs with job name ${goQuote(job.job_name)}, first found in ${first}`
          throw new ConfigError(`${goQuote(file)}: ${problem}`)
        }
        files.set(job.job_name, goQuote(file))
        jobs.push(IN_DIRECTORY([complete], directory)[0] ?? complete)
      }
    }
  }
  return jobs
}

const SCRAPE_CONFIG_FILE = struct('config.ScrapeConfigs', { scrape_configs: SCRAPE_CONFIGS })
const EMPTY: PrometheusConfig = {
  ...CONFIG.absent,
  global: DEFAULT_GLOBAL_CONFIG,
}

const IN_DIRECTORY = (jobs: readonly ScrapeConfig[], directory: string): readonly ScrapeConfig[] =>
  SCRAPE_CONFIGS.inDirectory?.(jobs, directory) ?? jobs

function readScrapeConfigFile(text: string, file: string): readonly ScrapeConfig[] {
  return prefixed(goQuote(file), () => {
    const { root } = readYaml(text)
    if (root === undefined || isNull(root)) return []
    return readAs<ConfigOf<typeof SCRAPE_CONFIG_FILE>>(root, SCRAPE_CONFIG_FILE).scrape_configs
  })
}

function naming<T>(file: string | undefined, read: () => T): T {
  return prefixed(file === undefined ? '' : `parsing YAML file ${file}`, read)
}

function prefixed<T>(prefix: string, read: () => T): T {
  try {
    return read()
  } catch (failure) {
    if (!(failure instanceof ConfigError) && !(failure instanceof YamlError)) throw failure
    const line = failure instanceof ConfigError ? failure.line : undefined
    const reason = line === undefined ? failure.message : `${failure.message} (line ${line})`
    throw new ConfigError(prefix === '' ? reason : `${prefix}: ${reason}`, { cause: failure })
  }
}

function checkPatterns(patterns: readonly string[], kind: string): void {
  const invalid = patterns.find((pattern) => !FILE_PATTERN.test(pattern))
  if (invalid !== undefined) throw new ConfigError(`invalid ${kind} file path ${goQuote(invalid)}`)
}

function checkNames(names: readonly string[], kind: string): void {
  const double = names.find((name, index) => name !== '' && names.indexOf(name) < index)
  if (double !== undefined) {
    throw new ConfigError(`found multiple ${kind} configs with job name ${goQuote(double)}`)
  }
}

function checkTranslation(strategy: string, scheme: 'utf8' | 'legacy'): void {
  if (strategy === '') return
  if (!TRANSLATION_STRATEGIES.some((each) => each === strategy)) {
    throw new ConfigError(`unsupported OTLP translation strategy ${goQuote(strategy)}`)
  }
  if (strategy.startsWith('No') && scheme === 'legacy') {
    throw new ConfigError(`OTLP translation strategy ${goQuote(strategy)} is not allowed when UTF8 is disabled`)
  }
}

function checkAgentMode(config: PrometheusConfig): void {
  const { alerting } = config
  const sections = {
    alerting: alerting.alertmanagers.length + alerting.alert_relabel_configs.length,
    rule_files: config.rule_files.length,
    remote_read: config.remote_read.length,
  }
  for (const [name, size] of Object.entries(sections)) {
    if (size > 0) throw new ConfigError(`field ${name} is not allowed in agent mode`)
  }
}

/** `$NAME` and `${NAME}` stand for the environment, `$$` for a dollar sign. */
function withExternalLabels(
  config: PrometheusConfig,
  environment: NonNullable<ConfigOptions['environment']>,
): PrometheusConfig {
  const labels = Object.entries(config.global.external_labels)
  if (labels.length === 0) return config
  const external = Object.fromEntries(labels.map(([name, value]) => [name, expand(value, environment)]))
  return { ...config, global: { ...config.global, external_labels: external } }
}

function expand(text: string, environment: NonNullable<ConfigOptions['environment']>): string {
  return text.replace(/\$(?:\$|\{([^}]*)\}|(\w+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare
    if (name === undefined || name === '$') return '$'
    return environment[name] ?? ''
  })
}
