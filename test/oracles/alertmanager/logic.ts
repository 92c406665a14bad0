import { mergeAlerts, type ReceivedAlert } from '../../../src/metrics/alerting/alerts/alert.ts'
import type { MatcherMode } from '../../../src/metrics/alerting/matchers/parse-matchers.ts'
import { notifyReason } from '../../../src/metrics/alerting/notify/dedup.ts'
import { truncateInBytes, truncateInRunes } from '../../../src/metrics/alerting/notify/truncate.ts'
import {
  canUpdate,
  type MatcherDraft,
  matcherOf,
  matcherProblem,
  type Silence,
  silenceProblem,
  silences,
} from '../../../src/metrics/alerting/silences/silence.ts'
import { isRecord } from '../lossless-json.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

const NOW_MS = 1_767_225_600_000

/** logic.json: small decisions. */
export const oracle: Oracle = {
  open:
    () =>
    ({ id, input, expect }) => {
      const part = id.split('/')[1] ?? ''
      const run = RUNS[part.replace(/-(classic|utf8)$/, '')]
      if (run === undefined) throw new Mismatch(`unknown part ${part}`)
      run(input, expect)
    },
}

type Parts = OracleCase['input']

const RUNS: Readonly<Record<string, (input: Parts, expect: Parts) => void>> = {
  dedup(input, expect) {
    const last = input['last_notification'] as { firing: number[]; resolved: number[]; sent_s: number | null } | null
    const reason = notifyReason({
      last:
        last === null
          ? undefined
          : {
              firing: last.firing.map(String),
              resolved: last.resolved.map(String),
              sentAtMs: last.sent_s === null ? -Infinity : NOW_MS + last.sent_s * 1_000,
            },
      firing: new Set((input['firing'] as number[]).map(String)),
      resolved: new Set((input['resolved'] as number[]).map(String)),
      sendResolved: input['send_resolved'] === true,
      repeatIntervalMs: Number(input['repeat_interval_s']) * 1_000,
      nowMs: NOW_MS,
    })
    expectSame('notify', reason !== undefined, expect['notify'])
  },
  truncate(input, expect) {
    const runes = truncateInRunes(String(input['text']), Number(input['n']))
    expectSame('runes', [runes.text, runes.isCut], expect['runes'])
    const bytes = truncateInBytes(String(input['text']), Number(input['n']))
    expectSame('bytes', [bytes.text, bytes.isCut], expect['bytes'])
  },
  merge(input, expect) {
    const { startsAtMs, endsAtMs, updatedAtMs, isTimeout } = mergeAlerts(
      alertOf(input['a']),
      alertOf(input['b']),
      NOW_MS,
    )
    const seconds = (timeMs: number): number => (timeMs - NOW_MS) / 1_000
    const merged = {
      starts_s: seconds(startsAtMs),
      ends_s: seconds(endsAtMs),
      updated_s: seconds(updatedAtMs),
      timeout: isTimeout,
    }
    expectSame('merged', merged, expect['merged'])
  },
  'silence-can-update'(input, expect) {
    expectSame('in place', canUpdate(silenceOf(input['old']), silenceOf(input['new']), NOW_MS), expect['in_place'])
  },
  'silence-matcher'(input, expect) {
    expectProblem(matcherProblem(matcher(input['matcher']), modeOf(input)), expect)
  },
  'silence-validate'(input, expect) {
    const silence = input['silence'] as Record<string, unknown>
    const matcherSets = (silence['matcher_sets'] as unknown[][]).map((set) => set.map(matcher))
    const problem = silenceProblem(
      { matcherSets, startsAtMs: timeOf(silence['starts_s']), endsAtMs: timeOf(silence['ends_s']) },
      modeOf(input),
    )
    expectProblem(problem, expect)
  },
  'silence-matches'(input, expect) {
    const matcherSets = (input['matcher_sets'] as unknown[][]).map((set) => set.map((each) => matcherOf(matcher(each))))
    expectSame('matches', silences({ matcherSets }, input['labels'] as Record<string, string>), expect['matches'])
  },
}

function expectProblem(problem: string | undefined, expect: Parts): void {
  if (expect['ok'] === true) return expectSame('problem', problem, undefined)
  const part = String(expect['error_contains'])
  if (problem?.includes(part) !== true) throw new Mismatch(`want ${part}, got ${String(problem)}`)
}

function modeOf(input: Parts): MatcherMode {
  return input['mode'] === 'classic' ? 'classic' : 'utf8'
}

function timeOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? NOW_MS + seconds * 1_000 : undefined
}

function alertOf(parts: unknown): ReceivedAlert {
  const { starts_s: starts, ends_s: ends, updated_s: updated, timeout } = parts as Record<string, number | boolean>
  const at = (seconds: unknown): number => timeOf(seconds) ?? 0
  return {
    labels: {},
    annotations: {},
    startsAtMs: at(starts),
    endsAtMs: at(ends),
    generatorUrl: '',
    updatedAtMs: at(updated),
    isTimeout: timeout === true,
    fingerprint: '',
  }
}

function silenceOf(parts: unknown): Silence {
  const { starts_s: starts, ends_s: ends, updated_s: updated } = parts as Record<string, unknown>
  const at = (seconds: unknown): number => timeOf(seconds) ?? 0
  return {
    id: '',
    matcherSets: [],
    startsAtMs: at(starts),
    endsAtMs: at(ends),
    updatedAtMs: at(updated),
    createdBy: '',
    comment: '',
    annotations: {},
  }
}

function matcher(parts: unknown): MatcherDraft {
  const { name, op, value } = parts as Record<string, unknown>
  const text = isRecord(value) ? Buffer.from(String(value['base64']), 'base64').toString('utf8') : String(value)
  return { name: String(name), op: String(op), value: text }
}
