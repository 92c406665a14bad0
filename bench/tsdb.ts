/**
 * The time series database beside Debian's Prometheus 2.42, where that is installed: samples taken in a second, the start
 * over a full log, bytes a sample on the disk.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labelsOf } from '../src/metrics/model/labels.ts'
import type { Appendable } from '../src/metrics/model/storage.ts'
import { memoryTsdb, openTsdb } from '../src/metrics/tsdb/tsdb.ts'
import { SeededRandom } from '../src/world/random.ts'
import { RealClock } from '../src/world/real-clock.ts'
import { RealDisk } from '../src/world/real-disk.ts'

const PROMTOOL = '/usr/bin/promtool'
const PROMETHEUS = '/usr/bin/prometheus'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** As much as `promtool tsdb bench write` is asked for. */
const SERIES = 20_000
const SCRAPES = 1_000
const SHARD = 1_000

/** What the start may take, as a multiple of Prometheus'. */
const REPLAY_RATIO_MAX = 1.5
/** What a sample may take on the disk, as a multiple of what it takes in promtool's blocks. */
const SAMPLE_BYTES_RATIO_MAX = 1

const directory = mkdtempSync(join(tmpdir(), 'dabba-tsdb-'))
const world = { disk: new RealDisk(), clock: new RealClock(), random: new SeededRandom('bench') }
try {
  const passed: boolean[] = []
  for (const part of [append, replay, bytes]) passed.push(await part())
  if (passed.includes(false)) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function benchLabels(): Record<string, string>[] {
  return Array.from({ length: SERIES }, (_, index) => ({
    __name__: `metric_${index % 200}`,
    instance: `10.0.0.${index % 50}`,
    job: 'node',
    mode: ['idle', 'user', 'system'][index % 3] ?? '',
    namespace: `ns${index % 17}`,
    pod: `pod-${index}`,
  }))
}

/** Writes as `promtool tsdb bench write` does: shards of 1,000 series side by side, a hundred scrapes at a time. */
async function ingest(tsdb: Appendable): Promise<number> {
  const series = benchLabels().map((labels) => ({ labels: labelsOf(labels), ref: 0, value: 123_456_789 }))
  const began = performance.now()
  for (let scrape = 0; scrape < SCRAPES; scrape += 100) {
    const shards: Promise<void>[] = []
    for (let from = 0; from < SERIES; from += SHARD) {
      shards.push(ingestShard(tsdb, series.slice(from, from + SHARD), scrape))
    }
    await Promise.all(shards)
  }
  return (SERIES * SCRAPES) / (performance.now() - began) / 1_000
}

async function ingestShard(
  tsdb: Appendable,
  series: readonly { labels: ReturnType<typeof labelsOf>; ref: number; value: number }[],
  first: number,
): Promise<void> {
  for (let scrape = first + 1; scrape <= first + 100; scrape++) {
    const appender = tsdb.appender()
    for (const entry of series) {
      entry.value += 1_000
      entry.ref = appender.append(entry.ref, entry.labels, { timestampMs: scrape * 30_000, value: entry.value })
    }
    await appender.commit()
  }
}

async function append(): Promise<boolean> {
  const memory = await ingest(memoryTsdb({ blockRangeMs: DAY_MS }))
  const tsdb = await openTsdb({ world, path: join(directory, 'ours'), blockRangeMs: DAY_MS })
  const disk = await ingest(tsdb)
  await tsdb.close()
  const theirs = promtoolRate()
  const beside = theirs === undefined ? '' : `; promtool tsdb bench write ${theirs.toFixed(1)} M/s`
  console.log(`tsdb: append ${memory.toFixed(1)} M samples/s in memory, ${disk.toFixed(1)} M/s with the log${beside}`)
  return true
}

function promtoolRate(): number | undefined {
  if (!existsSync(PROMTOOL)) return undefined
  const input = join(directory, 'series.json')
  writeFileSync(
    input,
    benchLabels()
      .map((labels) => `${JSON.stringify(labels)}\n`)
      .join(''),
  )
  const options = [`--metrics=${SERIES}`, `--scrapes=${SCRAPES}`, `--out=${join(directory, 'promtool')}`]
  const output = execFileSync(PROMTOOL, ['tsdb', 'bench', 'write', ...options, input], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const rate = /samples\/sec: ([\d.e+]+)/.exec(output.toString())?.[1]
  return rate === undefined ? undefined : Number(rate) / 1e6
}

/** The start over the directory just written: ours, then Prometheus' over the same files. */
async function replay(): Promise<boolean> {
  const began = performance.now()
  const tsdb = await openTsdb({ world, path: join(directory, 'ours'), blockRangeMs: DAY_MS })
  const ours = (performance.now() - began) / 1_000
  const millions = (SERIES * SCRAPES) / 1e6
  await tsdb.close()
  const theirs = await prometheusReplaySeconds()
  if (theirs === undefined) {
    console.log(`tsdb: start over a log of ${millions} M samples ${ours.toFixed(2)} s`)
    return true
  }
  const ratio = ours / theirs
  console.log(
    `tsdb: start over a log of ${millions} M samples ${ours.toFixed(2)} s, Prometheus ${theirs.toFixed(2)} s: ratio ${ratio.toFixed(2)} (at most ${REPLAY_RATIO_MAX})`,
  )
  return ratio <= REPLAY_RATIO_MAX
}

/** What Prometheus says that its replay took. */
async function prometheusReplaySeconds(): Promise<number | undefined> {
  if (!existsSync(PROMETHEUS)) return undefined
  const config = join(directory, 'prometheus.yml')
  writeFileSync(config, '{}')
  const child = spawn(
    PROMETHEUS,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'ours')}`,
      '--storage.tsdb.retention.time=100y',
      '--storage.tsdb.min-block-duration=24h',
      '--storage.tsdb.max-block-duration=24h',
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let log = ''
  const seconds = await new Promise<number>((resolve, reject) => {
    child.once('close', () => reject(new Error(`Prometheus did not start:\n${log}`)))
    child.stderr.on('data', (text: Buffer) => {
      log += text.toString()
      const took = /total_replay_duration=([\d.]+)(m?s)/.exec(log)
      if (took !== null) resolve(Number(took[1]) / (took[2] === 'ms' ? 1_000 : 1))
    })
  })
  child.kill('SIGTERM')
  await ended
  return seconds
}

/**
 * Half counters of whole numbers, a quarter constants, gauges of bytes, and floats; every tenth scrape a millisecond off. The
 * same samples go to promtool, which makes blocks of them.
 */
async function bytes(): Promise<boolean> {
  const path = join(directory, 'mix')
  const tsdb = await openTsdb({ world, path })
  const random = new SeededRandom('mix')
  const series = Array.from({ length: 2_000 }, (_, index) => ({
    labels: { __name__: `mix_${index % 40}`, instance: `10.0.${index % 20}.1:9100`, job: 'mix', pod: `pod-${index}` },
    kind: index % 100,
    value: random.below(1_000_000),
    lines: [] as string[],
  }))
  const startMs = 1_700_006_400_000
  for (let step = 0; step < 960; step++) {
    const appender = tsdb.appender()
    const timestampMs = startMs + step * 15_000 + (step > 0 && random.below(10) === 0 ? 1 : 0)
    for (const entry of series) {
      if (entry.kind < 50) entry.value += random.below(100)
      else if (entry.kind >= 77 && entry.kind < 89) entry.value = (100_000 + random.below(2_000)) * 4_096
      else if (entry.kind >= 89) entry.value = Math.round(random.next() * 1e6) / 1e4
      appender.append(0, labelsOf(entry.labels), { timestampMs, value: entry.value })
      entry.lines.push(`${entry.value} ${(timestampMs / 1_000).toFixed(3)}`)
    }
    await appender.commit()
  }
  // One sample beyond, so that both ranges of two hours are due.
  const last = tsdb.appender()
  last.append(0, labelsOf({ __name__: 'end' }), { timestampMs: startMs + 6 * HOUR_MS, value: 1 })
  await last.commit()
  await tsdb.maintain()
  await tsdb.close()
  const ours = blockBytesPerSample(path)
  const theirs = promtoolBytesPerSample(series)
  const ratio = theirs === undefined ? 0 : ours / theirs
  const beside =
    theirs === undefined ? '' : `, in promtool's of the same ${theirs.toFixed(2)}: ratio ${ratio.toFixed(3)}`
  console.log(
    `tsdb: ${ours.toFixed(2)} bytes a sample in blocks, with index${beside} (at most ${SAMPLE_BYTES_RATIO_MAX})`,
  )
  return ratio <= SAMPLE_BYTES_RATIO_MAX
}

function promtoolBytesPerSample(
  series: readonly { readonly labels: Readonly<Record<string, string>>; readonly lines: readonly string[] }[],
): number | undefined {
  if (!existsSync(PROMTOOL)) return undefined
  const input = join(directory, 'mix.om')
  const byName = Map.groupBy(series, ({ labels }) => labels['__name__'] ?? '')
  const text: string[] = []
  for (const [name, members] of byName) {
    text.push(`# TYPE ${name} gauge\n`)
    for (const { labels, lines } of members) {
      const { instance, job, pod } = labels
      const selector = `${name}{instance="${instance}",job="${job}",pod="${pod}"}`
      for (const line of lines) text.push(`${selector} ${line}\n`)
    }
  }
  text.push('# EOF\n')
  writeFileSync(input, text.join(''))
  const output = join(directory, 'promtool-mix')
  mkdirSync(output)
  execFileSync(PROMTOOL, ['tsdb', 'create-blocks-from', 'openmetrics', '-q', input, output], { stdio: 'ignore' })
  return blockBytesPerSample(output)
}

function blockBytesPerSample(path: string): number {
  let size = 0
  let samples = 0
  for (const name of readdirSync(path).filter((entry) => entry.length === 26)) {
    const meta = JSON.parse(readFileSync(join(path, name, 'meta.json'), 'utf8')) as { stats: { numSamples: number } }
    samples += meta.stats.numSamples
    for (const file of ['index', 'chunks/000001', 'meta.json', 'tombstones']) {
      if (existsSync(join(path, name, file))) size += statSync(join(path, name, file)).size
    }
  }
  return size / samples
}
