import { describe, expect, test } from 'vitest'
import { printPrometheusConfig, readPrometheusConfig, scrapeConfigsOf } from './prometheus-config.ts'

const SMALL = `
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: checkout
    basic_auth:
      username: reader
      password: hidden
    static_configs:
      - targets: ['checkout:8080']
        labels: {zone: a}
`

describe('readPrometheusConfig', () => {
  test('fills in what upstream would', () => {
    const { scrape_configs: jobs, global } = readPrometheusConfig(SMALL)
    expect(global).toMatchObject({ scrape_interval: 15_000, scrape_timeout: 10_000, evaluation_interval: 60_000 })
    expect(jobs[0]).toMatchObject({
      job_name: 'checkout',
      scrape_interval: 15_000,
      scrape_timeout: 10_000,
      metrics_path: '/metrics',
      scheme: 'http',
      honor_timestamps: true,
      static_configs: [{ targets: ['checkout:8080'], labels: { zone: 'a' } }],
    })
  })

  test.each([
    {
      what: 'an unknown field, with its line',
      text: 'global:\n  scrape_interval: 15s\n\n  scrape_intervall: 15s\n',
      message:
        'parsing YAML file p.yml: yaml: unmarshal errors:\n  line 4: field scrape_intervall not found in type config.plain',
    },
    {
      what: 'every field of a wrong type at once',
      text: 'global:\n  sample_limit: many\n  target_limit: [1]\n',
      message:
        'parsing YAML file p.yml: yaml: unmarshal errors:\n  line 2: cannot unmarshal !!str `many` into int\n' +
        '  line 3: cannot unmarshal !!seq into int',
    },
    {
      what: 'a job without a name',
      text: 'scrape_configs:\n  - static_configs: []\n',
      message: 'parsing YAML file p.yml: job_name is empty (line 2)',
    },
    {
      what: 'a timeout beyond the interval',
      text: 'scrape_configs:\n  - job_name: a\n    scrape_interval: 5s\n    scrape_timeout: 6s\n',
      message:
        'parsing YAML file p.yml: scrape timeout greater than scrape interval for scrape config with job name "a"',
    },
    {
      what: 'a rule that lacks something',
      text: 'scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: drop\n  - action: hashmod\n    target_label: x\n',
      message: 'parsing YAML file p.yml: relabel configuration for hashmod requires non-zero modulus (line 5)',
    },
    {
      what: 'a duration that is none',
      text: 'global:\n  scrape_interval: soon\n',
      message: 'parsing YAML file p.yml: not a valid duration string: "soon" (line 2)',
    },
  ])('refuses $what', ({ text, message }) => {
    expect(() => readPrometheusConfig(text, { file: 'p.yml' })).toThrow(message)
  })

  test('external labels take values from the environment', () => {
    const text = 'global:\n  external_labels: {cluster: "${NAME}-1", price: $$5}\n'
    const { global } = readPrometheusConfig(text, { environment: { NAME: 'mumbai' } })
    expect(global.external_labels).toEqual({ cluster: 'mumbai-1', price: '$5' })
  })

  test('relative paths begin where the file is', () => {
    const config = readPrometheusConfig('rule_files: [rules/*.yml, /etc/other.yml]\n', { directory: '/etc/prometheus' })
    expect(config.rule_files).toEqual(['/etc/prometheus/rules/*.yml', '/etc/other.yml'])
  })

  test('is printed with defaults and without secrets', () => {
    expect(printPrometheusConfig(readPrometheusConfig(SMALL))).toBe(`global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  scrape_native_histograms: false
  extra_scrape_metrics: false
runtime:
  gogc: 75
scrape_configs:
- job_name: checkout
  honor_timestamps: true
  track_timestamps_staleness: false
  scrape_interval: 15s
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  always_scrape_classic_histograms: false
  convert_classic_histograms_to_nhcb: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  extra_scrape_metrics: false
  basic_auth:
    username: reader
    password: <secret>
  follow_redirects: true
  enable_http2: true
  static_configs:
  - targets:
    - checkout:8080
    labels:
      zone: a
otlp:
  translation_strategy: UnderscoreEscapingWithSuffixes
  label_name_underscore_sanitization: true
  label_name_preserve_multiple_underscores: true
`)
  })
})

describe('scrapeConfigsOf', () => {
  const config = readPrometheusConfig(`${SMALL}scrape_config_files: [/jobs/*.yml]\n`)
  const sources = (text: string) => ({
    match: () => Promise.resolve(['/jobs/a.yml']),
    readText: () => Promise.resolve(text),
  })

  test('adds the jobs of other files', async () => {
    const jobs = await scrapeConfigsOf(config, sources('scrape_configs: [{job_name: cart}]'))
    expect(jobs.map((job) => [job.job_name, job.scrape_interval])).toEqual([
      ['checkout', 15_000],
      ['cart', 15_000],
    ])
  })

  test('one name is one job', async () => {
    await expect(scrapeConfigsOf(config, sources('scrape_configs: [{job_name: checkout}]'))).rejects.toThrow(
      '"/jobs/a.yml": found multiple scrape configs with job name "checkout", first found in main config file',
    )
  })
})
