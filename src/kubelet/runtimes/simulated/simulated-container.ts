import { type Behaviour, jittered, planRun, type RunPlan } from '../../../api/kinds/dabba/behaviour.ts'
import { readCurve, whenAbove } from '../../../api/kinds/dabba/curve.ts'
import { quantityMilli } from '../../../api/quantity-cache.ts'
import type { ResourceRequirements } from '../../../api/types.generated.ts'
import type { Clock, Timer } from '../../../world/clock.ts'
import type { Random } from '../../../world/random.ts'
import type {
  Cancel,
  ContainerObserver,
  Exit,
  LogEntry,
  LogOptions,
  ProbeOutcome,
  ProbeRequest,
  RunRequest,
  RuntimeContainer,
  Usage,
} from '../../runtime.ts'
import { highestOf } from './curve-bound.ts'
import { type RunEnd, SimulatedLog } from './simulated-log.ts'
import { answer } from './simulated-probe.ts'

/** 128 and SIGKILL: what is shown of a process that was killed. */
const KILLED = { code: 137, reason: 'Error', message: '' } as const

export interface SimulatedContainerOptions {
  readonly clock: Clock
  readonly dice: Random
  readonly id: string
  /** Set for a run that began in an earlier process. */
  readonly adoptedAtMs: number | undefined
  readonly behaviour: Behaviour
  readonly request: RunRequest
  readonly observer: ContainerObserver
}

/** One run of a container that a behaviour describes. Nothing happens in it between its few timers. */
export class SimulatedContainer implements RuntimeContainer {
  readonly id: string
  readonly #clock: Clock
  readonly #dice: Random
  readonly #behaviour: Behaviour
  readonly #request: RunRequest
  readonly #observer: ContainerObserver
  readonly #plan: RunPlan
  #startedAtMs = 0
  #resources: ResourceRequirements | undefined
  #isRunning = false
  #start: Timer | undefined
  #exit: Timer | undefined
  #oom: Timer | undefined
  #kill: { timer: Timer; atMs: number } | undefined
  #terminatedAtMs: number | undefined
  #runEnd: RunEnd | undefined
  /** Made when first read. */
  #log: SimulatedLog | undefined

  constructor(options: SimulatedContainerOptions) {
    const { clock, dice, behaviour, request, adoptedAtMs } = options
    this.id = options.id
    this.#clock = clock
    this.#dice = dice
    this.#behaviour = behaviour
    this.#request = request
    this.#observer = options.observer
    this.#resources = request.container.resources
    this.#plan = planRun(behaviour, request.restartCount, () => dice.next())
    const { start } = behaviour
    const createMs = adoptedAtMs === undefined ? jittered(start.createMs, start.jitterRatio, () => dice.next()) : 0
    this.#start = clock.schedule(createMs, () => this.#begin(adoptedAtMs ?? clock.now()))
  }

  get startedAtMs(): number {
    return this.#startedAtMs
  }

  stop(graceMs: number): void {
    if (!this.#isRunning) return
    const nowMs = this.#clock.now()
    const killAtMs = nowMs + graceMs
    if (this.#kill === undefined || killAtMs < this.#kill.atMs) {
      this.#kill?.timer.cancel()
      this.#kill = { timer: this.#clock.schedule(graceMs, () => this.#end(KILLED, true)), atMs: killAtMs }
    }
    if (this.#terminatedAtMs !== undefined) return
    this.#terminatedAtMs = nowMs
    const { termination } = this.#behaviour
    if (termination.ignoresSignal) return
    this.#log?.terminated(nowMs)
    this.#exit?.cancel()
    const delayMs = jittered(termination.exitMs, termination.jitterRatio, () => this.#dice.next())
    this.#exit = this.#clock.schedule(delayMs, () => this.#end(ended(termination.exitCode, '')))
  }

  probe(request: ProbeRequest, done: (outcome: ProbeOutcome) => void): Cancel {
    const elapsedMs = this.#clock.now() - this.#startedAtMs
    const { delayMs, outcome } = answer(request, {
      behaviour: this.#behaviour,
      plan: this.#plan,
      elapsedMs,
      startedAtMs: this.#startedAtMs,
    })
    if (delayMs > 0) {
      const timer = this.#clock.schedule(delayMs, () => done(outcome))
      return () => timer.cancel()
    }
    done(outcome)
    return () => undefined
  }

  runHook(hook: 'postStart' | 'preStop', done: (error: string | undefined) => void): Cancel {
    const { durationMs, error } = this.#behaviour.hooks[hook]
    if (durationMs === 0) {
      done(error)
      return () => undefined
    }
    const timer = this.#clock.schedule(durationMs, () => done(error))
    return () => timer.cancel()
  }

  resize(resources: ResourceRequirements): void {
    this.#resources = resources
    if (this.#isRunning) this.#watchMemory()
  }

  usage(): Usage {
    if (!this.#isRunning) return { cpuCores: 0, memoryBytes: 0, ephemeralStorageBytes: 0 }
    const elapsedMs = this.#clock.now() - this.#startedAtMs
    const { cpu, memory, ephemeralStorage } = this.#behaviour.usage
    // Readings at one time agree, however often they are taken.
    const dice = this.#dice.fork(`usage/${elapsedMs}`)
    const draw = (): number => dice.next()
    return {
      cpuCores: Math.min(readCurve(cpu, elapsedMs, draw), this.#limit('cpu')),
      memoryBytes: Math.round(Math.min(readCurve(memory, elapsedMs, draw), this.#limit('memory'))),
      ephemeralStorageBytes: Math.round(readCurve(ephemeralStorage, elapsedMs, draw)),
    }
  }

  memoryBound(): number {
    return Math.min(highestOf(this.#behaviour.usage.memory), this.#limit('memory'))
  }

  logs(options: LogOptions): AsyncIterable<LogEntry> {
    return this.#openLog().read(options)
  }

  remove(): void {
    this.#isRunning = false
    this.#cancelTimers()
    this.#log?.close()
  }

  #begin(startedAtMs: number): void {
    this.#start = undefined
    const { createError } = this.#behaviour.start
    if (createError !== undefined) {
      this.#observer.failed({ reason: 'CreateContainerError', message: createError })
      return
    }
    this.#isRunning = true
    this.#startedAtMs = startedAtMs
    const { exit } = this.#plan
    if (exit !== undefined) {
      const delayMs = startedAtMs + exit.afterMs - this.#clock.now()
      this.#exit = this.#clock.schedule(delayMs, () => this.#end(ended(exit.code, exit.message)))
    }
    this.#watchMemory()
    this.#observer.started()
  }

  /** Sets the time at which memory will pass its limit, if it ever does. */
  #watchMemory(): void {
    this.#oom?.cancel()
    this.#oom = undefined
    const limit = this.#limit('memory')
    if (!Number.isFinite(limit)) return
    const afterMs = whenAbove(this.#behaviour.usage.memory, limit)
    if (afterMs === undefined) return
    const delayMs = this.#startedAtMs + afterMs - this.#clock.now()
    this.#oom = this.#clock.schedule(delayMs, () => this.#end({ ...KILLED, reason: 'OOMKilled' }, true))
  }

  #limit(resource: 'cpu' | 'memory'): number {
    const limit = this.#resources?.limits?.[resource]
    return limit === undefined ? Number.POSITIVE_INFINITY : quantityMilli(limit) / 1_000
  }

  #end(exit: Omit<Exit, 'finishedAtMs'>, isKilled = false): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#cancelTimers()
    const finishedAtMs = this.#clock.now()
    this.#runEnd = { atMs: finishedAtMs, code: exit.code, isKilled }
    this.#log?.ended(this.#runEnd)
    this.#observer.exited({ ...exit, finishedAtMs })
  }

  #openLog(): SimulatedLog {
    if (this.#log !== undefined) return this.#log
    const log = new SimulatedLog({
      clock: this.#clock,
      dice: this.#dice,
      lines: this.#behaviour.logs,
      request: this.#request,
      startedAtMs: this.#startedAtMs,
    })
    const { ignoresSignal } = this.#behaviour.termination
    if (this.#terminatedAtMs !== undefined && !ignoresSignal) log.terminated(this.#terminatedAtMs)
    if (this.#runEnd !== undefined) log.ended(this.#runEnd)
    this.#log = log
    return log
  }

  #cancelTimers(): void {
    this.#start?.cancel()
    this.#exit?.cancel()
    this.#oom?.cancel()
    this.#kill?.timer.cancel()
  }
}

function ended(code: number, message: string): Omit<Exit, 'finishedAtMs'> {
  return { code, reason: code === 0 ? 'Completed' : 'Error', message }
}
