import { constantCurve, type Curve } from './curve.ts'
import type { Draw } from './draw.ts'
import type { LineTemplate } from './log-line.ts'
import { DEFAULT_SERVING, type Serving } from './serving.ts'

/**
 * What one container does, in plain numbers: the sections of WorkloadModels that apply to it, and defaults for the rest.
 * Containers that are alike share one value. Read a WorkloadModel's own fields for what each of these means.
 */
export interface Behaviour {
  readonly image: {
    readonly pullMs: number
    readonly sizeBytes: number
    readonly jitterRatio: number
    readonly error?: { readonly message: string; readonly attemptsMax: number }
  }
  readonly start: {
    readonly createMs: number
    readonly createError?: string
    readonly startedMs: number
    readonly readyMs: number
    readonly jitterRatio: number
  }
  /** At least one. */
  readonly runs: readonly Run[]
  readonly logs: {
    readonly onStart: readonly Line[]
    readonly periodic: readonly PeriodicLine[]
    readonly onTermination: readonly Line[]
    readonly onExit: readonly Line[]
  }
  readonly usage: {
    /** In cores. */
    readonly cpu: Curve
    /** In bytes. */
    readonly memory: Curve
    /** In bytes. */
    readonly ephemeralStorage: Curve
  }
  readonly serves: Serving
  readonly probes: Readonly<Record<ProbeName, readonly Window[]>>
  readonly hooks: Readonly<Record<'postStart' | 'preStop', { readonly durationMs: number; readonly error?: string }>>
  readonly termination: {
    readonly exitMs: number
    readonly exitCode: number
    readonly ignoresSignal: boolean
    readonly jitterRatio: number
  }
  /** The model that gave each section; a section that is not here has its defaults. */
  readonly from: Readonly<Partial<Record<SectionName, string>>>
}

export type SectionName = 'image' | 'start' | 'runs' | 'logs' | 'usage' | 'serves' | 'probes' | 'hooks' | 'termination'
export type ProbeName = 'startup' | 'readiness' | 'liveness'

export interface Run {
  /** Absent: goes on until it is stopped. */
  readonly exit?: {
    readonly afterMs: number
    readonly jitterRatio: number
    readonly success: { readonly code: number; readonly message: string }
    readonly failure: { readonly code: number; readonly message: string }
    readonly failureRatio: number
  }
}

export interface Line {
  readonly write: LineTemplate
  readonly stream: 'stdout' | 'stderr'
}

export interface PeriodicLine extends Line {
  readonly fromMs: number
  readonly everyMs: number
  readonly untilMs: number
  readonly jitterRatio: number
}

export interface Window {
  readonly fromMs: number
  readonly untilMs: number
  readonly repeatMs?: number
  readonly result: 'Success' | 'Failure' | 'Timeout'
  readonly message?: string
}

const FOREVER: readonly Run[] = [{}]
const ONE_SECOND: readonly Run[] = [
  {
    exit: {
      afterMs: 1_000,
      jitterRatio: 0,
      success: { code: 0, message: '' },
      failure: { code: 1, message: '' },
      failureRatio: 0,
    },
  },
]
const CPU_SHARE = 0.1
const MEMORY_SHARE = 0.5
const MEMORY_BYTES = 16 * 2 ** 20

/** The behaviour of a container that no model speaks of: it starts at once and is healthy. */
export function defaultBehaviour(container: {
  /** An init container, or one of a pod that does not always restart. */
  readonly runsToEnd: boolean
  readonly requestedCores: number
  readonly requestedBytes: number
}): Behaviour {
  const memory = container.requestedBytes === 0 ? MEMORY_BYTES : container.requestedBytes * MEMORY_SHARE
  return {
    image: { pullMs: 500, sizeBytes: 100 * 2 ** 20, jitterRatio: 0 },
    start: { createMs: 100, startedMs: 0, readyMs: 0, jitterRatio: 0 },
    runs: container.runsToEnd ? ONE_SECOND : FOREVER,
    logs: { onStart: [], periodic: [], onTermination: [], onExit: [] },
    usage: {
      cpu: constantCurve(container.requestedCores * CPU_SHARE),
      memory: constantCurve(memory),
      ephemeralStorage: constantCurve(0),
    },
    serves: DEFAULT_SERVING,
    probes: { startup: [], readiness: [], liveness: [] },
    hooks: { postStart: { durationMs: 0 }, preStop: { durationMs: 0 } },
    termination: { exitMs: 200, exitCode: 0, ignoresSignal: false, jitterRatio: 0 },
    from: {},
  }
}

/** One run of a container, its dice cast. Times count from the start of the run, in whole milliseconds as clocks do. */
export interface RunPlan {
  readonly startedMs: number
  readonly readyMs: number
  readonly exit?: { readonly afterMs: number; readonly code: number; readonly message: string }
}

export function planRun(behaviour: Behaviour, restartCount: number, draw: Draw): RunPlan {
  const { start, runs } = behaviour
  // One throw for both, so that being ready never comes before being started.
  const pace = jittered(1, start.jitterRatio, draw)
  const { exit } = runs[Math.min(restartCount, runs.length - 1)] ?? {}
  const times = { startedMs: Math.round(start.startedMs * pace), readyMs: Math.round(start.readyMs * pace) }
  if (exit === undefined) return times
  const fails = exit.failureRatio > 0 && draw() < exit.failureRatio
  return {
    ...times,
    exit: {
      afterMs: Math.round(jittered(exit.afterMs, exit.jitterRatio, draw)),
      ...(fails ? exit.failure : exit.success),
    },
  }
}

/** Evenly between `ratio` below and `ratio` above. Draws nothing when there is no jitter. */
export function jittered(value: number, ratio: number, draw: Draw): number {
  return ratio === 0 ? value : value * (1 + ratio * (2 * draw() - 1))
}

/** How a probe is answered `elapsedMs` after the start of the run. No `message`: the words that suit the probe's kind. */
export function answerProbe(
  behaviour: Behaviour,
  plan: RunPlan,
  { probe, elapsedMs }: { probe: ProbeName; elapsedMs: number },
): ProbeAnswer {
  const window = behaviour.probes[probe].find((candidate) => holds(candidate, elapsedMs))
  if (window !== undefined) return { ...window, isSaid: true }
  const since = { startup: plan.startedMs, readiness: plan.readyMs, liveness: 0 }[probe]
  return { result: elapsedMs >= since ? 'Success' : 'Failure', isSaid: elapsedMs < since }
}

export interface ProbeAnswer {
  readonly result: Window['result']
  readonly message?: string
  /** Whether a model says so, and not just that nothing speaks against success. */
  readonly isSaid: boolean
}

function holds({ fromMs, untilMs, repeatMs }: Window, elapsedMs: number): boolean {
  const at = repeatMs === undefined ? elapsedMs : elapsedMs % repeatMs
  return at >= fromMs && at < untilMs
}

/**
 * When line `index` of a periodic entry, counted from 0, is written. `spread`, uniform in [0, 1), places it within the
 * jitter around its time; lines never pass each other, so any of them can be had without those before it.
 */
export function periodicLineMs(line: PeriodicLine, index: number, spread: number): number {
  const { fromMs, everyMs, jitterRatio } = line
  return Math.max(0, fromMs + index * everyMs + everyMs * jitterRatio * (spread - 0.5))
}
