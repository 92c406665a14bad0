import { assert } from '../../../base/assert.ts'
import { parseDuration } from '../../../base/duration.ts'
import { quantityMilli } from '../../quantity-cache.ts'
import type { Behaviour, Line, Run, Window } from './behaviour.ts'
import type { Curve } from './curve.ts'
import { compileLine } from './log-line.ts'
import type {
  HookOutcome,
  HooksSection,
  ImageSection,
  LogLine,
  LogsSection,
  ProbesSection,
  ProbeWindow,
  RunSection,
  StartSection,
  TerminationSection,
  UsageCurve,
  UsageSection,
} from './workload-model.ts'

/** Each section of a WorkloadModel, from its words to plain numbers. What a section leaves out has the stated default. */

export function compileImage(section: ImageSection): Behaviour['image'] {
  const { pullError } = section
  return {
    pullMs: milliseconds(section.pullDuration, 500),
    sizeBytes: section.size === undefined ? 100 * 2 ** 20 : amount(section.size),
    jitterRatio: ratio(section.jitterPercent),
    ...(pullError === undefined
      ? {}
      : { error: { message: pullError.message, attemptsMax: pullError.attempts ?? Number.POSITIVE_INFINITY } }),
  }
}

export function compileStart(section: StartSection): Behaviour['start'] {
  const startedMs = milliseconds(section.startedAfter, 0)
  return {
    createMs: milliseconds(section.createAfter, 100),
    startedMs,
    readyMs: milliseconds(section.readyAfter, startedMs),
    jitterRatio: ratio(section.jitterPercent),
    ...(section.createError === undefined ? {} : { createError: section.createError }),
  }
}

export function compileRuns(sections: readonly RunSection[]): readonly Run[] {
  return sections.map((section): Run => {
    if (section.exitAfter === undefined) return {}
    return {
      exit: {
        afterMs: milliseconds(section.exitAfter, 0),
        jitterRatio: ratio(section.jitterPercent),
        success: { code: section.exitCode ?? 0, message: section.exitMessage ?? '' },
        failure: { code: section.failureCode ?? 1, message: section.failureMessage ?? '' },
        failureRatio: ratio(section.failurePercent),
      },
    }
  })
}

export function compileLogs(section: LogsSection): Behaviour['logs'] {
  return {
    onStart: compileLines(section.onStart),
    periodic: (section.periodic ?? []).map((line) => {
      const everyMs = milliseconds(line.every, 0)
      assert(everyMs > 0, 'the definition of WorkloadModel admits only a positive interval between log lines')
      return {
        ...compileLogLine(line),
        everyMs,
        fromMs: milliseconds(line.from, everyMs),
        untilMs: milliseconds(line.until, Number.POSITIVE_INFINITY),
        jitterRatio: ratio(line.jitterPercent),
      }
    }),
    onTermination: compileLines(section.onTermination),
    onExit: compileLines(section.onExit),
  }
}

/** `fallback` is what stands for a curve that the section leaves out; the requests turn shares into amounts. */
export function compileUsage(
  section: UsageSection,
  fallback: Behaviour['usage'],
  requested: { readonly cores: number; readonly bytes: number; readonly storageBytes: number },
): Behaviour['usage'] {
  return {
    cpu: section.cpu === undefined ? fallback.cpu : compileCurve(section.cpu, requested.cores),
    memory: section.memory === undefined ? fallback.memory : compileCurve(section.memory, requested.bytes),
    ephemeralStorage:
      section.ephemeralStorage === undefined
        ? fallback.ephemeralStorage
        : compileCurve(section.ephemeralStorage, requested.storageBytes),
  }
}

function compileCurve(curve: UsageCurve, requested: number): Curve {
  const { growth } = curve
  return {
    points: curve.points.map(({ after, value }) => ({
      afterMs: milliseconds(after, 0),
      value: amountOrShare(value, requested),
    })),
    growthPerMs: growth === undefined ? 0 : amount(growth.amount) / milliseconds(growth.every, 0),
    jitterRatio: ratio(curve.jitterPercent),
    ...(curve.repeatEvery === undefined ? {} : { repeatMs: milliseconds(curve.repeatEvery, 0) }),
  }
}

export function compileProbes(section: ProbesSection): Behaviour['probes'] {
  return {
    startup: (section.startup ?? []).map(compileWindow),
    readiness: (section.readiness ?? []).map(compileWindow),
    liveness: (section.liveness ?? []).map(compileWindow),
  }
}

function compileWindow(window: ProbeWindow): Window {
  return {
    fromMs: milliseconds(window.from, 0),
    untilMs: milliseconds(window.until, Number.POSITIVE_INFINITY),
    result: window.result ?? 'Failure',
    ...(window.repeatEvery === undefined ? {} : { repeatMs: milliseconds(window.repeatEvery, 0) }),
    ...(window.message === undefined ? {} : { message: window.message }),
  }
}

export function compileHooks(section: HooksSection): Behaviour['hooks'] {
  return { postStart: compileHook(section.postStart), preStop: compileHook(section.preStop) }
}

function compileHook(outcome: HookOutcome = {}): Behaviour['hooks']['preStop'] {
  const { error } = outcome
  return { durationMs: milliseconds(outcome.duration, 0), ...(error === undefined ? {} : { error }) }
}

export function compileTermination(section: TerminationSection): Behaviour['termination'] {
  return {
    exitMs: milliseconds(section.exitAfter, 200),
    exitCode: section.exitCode ?? 0,
    ignoresSignal: section.ignoresSignal ?? false,
    jitterRatio: ratio(section.jitterPercent),
  }
}

function compileLines(lines: readonly LogLine[] = []): readonly Line[] {
  return lines.map(compileLogLine)
}

function compileLogLine({ line, stream }: LogLine): Line {
  return { write: compileLine(line), stream: stream ?? 'stdout' }
}

function amountOrShare(value: string | number, requested: number): number {
  if (typeof value === 'string' && value.endsWith('%')) return (requested * Number(value.slice(0, -1))) / 100
  return amount(value)
}

function amount(quantity: string | number): number {
  return quantityMilli(quantity) / 1_000
}

/** A duration that the definition admitted. */
export function milliseconds(duration: string | undefined, fallback: number): number {
  if (duration === undefined) return fallback
  const parsed = parseDuration(duration)
  assert(parsed !== undefined, 'the definition of WorkloadModel admits only Go durations')
  return parsed
}

function ratio(percent: number | undefined): number {
  return (percent ?? 0) / 100
}
