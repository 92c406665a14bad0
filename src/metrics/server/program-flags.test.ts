import { describe, expect, test } from 'vitest'
import { FlagReader, parseProgramFlags, parseSize } from './program-flags.ts'
import { PROMETHEUS_FLAGS } from './prometheus-flags.ts'

describe('parseProgramFlags', () => {
  test('reads what a Deployment of Prometheus is given', () => {
    const flags = new FlagReader(
      parseProgramFlags(PROMETHEUS_FLAGS, [
        '--config.file=/etc/prometheus/prometheus.yml',
        '--storage.tsdb.path',
        '/prometheus/',
        '--storage.tsdb.retention.time=30d',
        '--web.enable-lifecycle',
        '--no-web.enable-admin-api',
        '--query.max-concurrency=50',
        '--enable-feature=promql-experimental-functions',
        '--enable-feature=exemplar-storage',
      ]),
    )
    expect(flags.text('config.file')).toBe('/etc/prometheus/prometheus.yml')
    expect(flags.text('storage.tsdb.path')).toBe('/prometheus/')
    expect(flags.durationMs('storage.tsdb.retention.time')).toBe(30 * 86_400_000)
    expect(flags.isOn('web.enable-lifecycle')).toBe(true)
    expect(flags.isOn('web.enable-admin-api')).toBe(false)
    expect(flags.integer('query.max-concurrency')).toBe(50)
    expect(flags.texts('enable-feature')).toEqual(['promql-experimental-functions', 'exemplar-storage'])
    expect(flags.text('log.level')).toBe('info')
  })

  test.each([
    [['--no.such=1'], "unknown long flag '--no.such'"],
    [['--config.file'], "expected argument for flag '--config.file'"],
    [['--log.level=info', '--log.level=warn'], "flag 'log.level' cannot be repeated"],
    [['prometheus.yml'], 'unexpected prometheus.yml'],
    [['--web.enable-lifecycle=maybe'], 'unexpected maybe'],
  ])('%j is refused', (argv, words) => {
    expect(() => parseProgramFlags(PROMETHEUS_FLAGS, argv)).toThrow(words)
  })

  test('a value of the wrong kind is refused when it is read', () => {
    const flags = new FlagReader(
      parseProgramFlags(PROMETHEUS_FLAGS, ['--query.timeout=soon', '--query.max-samples=many']),
    )
    expect(() => flags.durationMs('query.timeout')).toThrow(
      `invalid value "soon" for flag '--query.timeout': not a valid duration string: "soon"`,
    )
    expect(() => flags.integer('query.max-samples')).toThrow(`invalid value "many" for flag '--query.max-samples'`)
  })

  test.each([
    ['512MB', 512 * 2 ** 20],
    ['100GB', 100 * 2 ** 30],
    ['1.5KB', 1536],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text, 'size')).toBe(bytes)
  })
})
