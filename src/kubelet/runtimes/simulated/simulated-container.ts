import type { KeptLines } from '../../../base/kept-lines.ts'
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
  RunObserver,
  RunRequest,
  RuntimeContainer,
  Usage,
} from '../../runtime.ts'
import type { PodNetwork } from '../pod-network.ts'
import { CpuMeter } from './cpu-meter.ts'
import { highestOf } from './curve-bound.ts'
import { probeServed } from './serving/served-probe.ts'
import { servedPorts } from './serving/served-ports.ts'
import { SimulatedServer } from './serving/simulated-server.ts'
import { type RunEnd, SimulatedLog } from './simulated-log.ts'
import { answer, isOverNetwork } from './simulated-probe.ts'

/** 128 and SIGKILL: what is shown of a process that was killed. */
const KILLED = { code: 137, reason: 'Error', message: '' } as const

/** How much of a log stands in for a termination message (kubernetes/kubernetes pkg/kubelet/container: MaxContainerTerminationMessageLogLength). */
const LAST_LINES_MAX = 80
const LAST_BYTES_MAX = 2_048

export interface SimulatedContainerOptions {
  readonly clock: Clock
  readonly dice: Random
  readonly id: string
  readonly behaviour: Behaviour
  readonly request: RunRequest
  readonly observer: RunObserver
  /** Where it answers; without it, it listens nowhere. */
  readonly network?: PodNetwork | undefined
  readonly written?: WrittenLines | undefined
}

/** What others write in a container's name, if anybody does: the proxy of a pod, for which no program runs. */
export type WrittenLines = (run: RunRequest) => KeptLines | undefined

/** One run of a container that a behaviour describes. Nothing happens in it between its few timers. */
export class SimulatedContainer implements RuntimeContainer {
  readonly id: string
  readonly #clock: Clock
  readonly #dice: Random
  readonly #behaviour: Behaviour
  readonly #request: RunRequest
  readonly #observer: RunObserver
  readonly #plan: RunPlan
  #startedAtMs = 0
  #resources: ResourceRequirements | undefined
  #isRunning = false
  #start: Timer | undefined
  #exit: Timer | undefined
  #oom: Timer | undefined
  #storage: Timer | undefined
  #opening: Timer | undefined
  readonly #network: PodNetwork | undefined
  readonly #written: WrittenLines | undefined
  #server: SimulatedServer | undefined
  #kill: { timer: Timer; atMs: number } | undefined
  #terminatedAtMs: number | undefined
  #runEnd: RunEnd | undefined
  /** These are made when first read. */
  #cpu: CpuMeter | undefined
  #log: SimulatedLog | undefined

  constructor(options: SimulatedContainerOptions) {
    const { clock, dice, behaviour, request } = options
    this.id = options.id
    this.#clock = clock
    this.#dice = dice
    this.#behaviour = behaviour
    this.#request = request
    this.#observer = options.observer
    this.#network = options.network
    this.#written = options.written
    this.#resources = request.container.resources
    this.#plan = planRun(behaviour, request.restartCount, () => dice.next())
  }

  /** Creates and starts it, after as long as that takes. */
  create(observer: ContainerObserver): void {
    const { createMs, createError, jitterRatio } = this.#behaviour.start
    const delayMs = Math.round(jittered(createMs, jitterRatio, () => this.#dice.next()))
    this.#start = this.#clock.schedule(delayMs, () => {
      if (createError !== undefined) {
        observer.failed({ reason: 'CreateContainerError', message: createError })
        return
      }
      this.begin(this.#clock.now())
      observer.started()
    })
  }

  get startedAtMs(): number {
    return this.#startedAtMs
  }

  /** It ran, and is over: only its log is left. */
  recall(startedAtMs: number, exit: Exit): void {
    this.#startedAtMs = startedAtMs
    this.#runEnd = { atMs: exit.finishedAtMs, code: exit.code, isKilled: exit.code === KILLED.code }
  }

  stop(graceMs: number): void {
    if (!this.#isRunning) return
    const nowMs = this.#clock.now()
    const killAtMs = nowMs + graceMs
    if (this.#kill === undefined || killAtMs < this.#kill.atMs) {
      this.#kill?.timer.cancel()
      this.#kill = { timer: this.#clock.schedule(graceMs, () => this.#end(KILLED, { isKilled: true })), atMs: killAtMs }
    }
    if (this.#terminatedAtMs !== undefined) return
    this.#terminatedAtMs = nowMs
    const { termination } = this.#behaviour
    if (termination.ignoresSignal) return
    this.#log?.terminated(nowMs)
    this.#exit?.cancel()
    const delayMs = Math.round(jittered(termination.exitMs, termination.jitterRatio, () => this.#dice.next()))
    this.#exit = this.#clock.schedule(delayMs, () => this.#end(ended(termination.exitCode, '')))
  }

  probe(request: ProbeRequest, done: (outcome: ProbeOutcome) => void): Cancel {
    const elapsedMs = this.#clock.now() - this.#startedAtMs
    const { delayMs, outcome, isSaid } = answer(request, {
      behaviour: this.#behaviour,
      plan: this.#plan,
      elapsedMs,
      startedAtMs: this.#startedAtMs,
    })
    const asked = isSaid ? undefined : this.#askServer(request, outcome, done)
    if (asked !== undefined) return asked
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

  cpuSeconds(): number {
    const endMs = this.#runEnd?.atMs ?? this.#clock.now()
    this.#cpu ??= new CpuMeter(this.#behaviour.usage.cpu)
    return this.#cpu.seconds(Math.max(0, endMs - this.#startedAtMs), this.#limit('cpu'))
  }

  memoryBound(): number {
    return Math.min(highestOf(this.#behaviour.usage.memory), this.#limit('memory'))
  }

  logs(options: LogOptions): AsyncIterable<LogEntry> {
    return this.#openLog().read(options)
  }

  remove(): void {
    this.#isRunning = false
    this.#silence()
    this.#log?.close()
  }

  /** It runs, and did since `startedAtMs`. */
  begin(startedAtMs: number): void {
    this.#isRunning = true
    this.#startedAtMs = startedAtMs
    const { exit } = this.#plan
    if (exit !== undefined) {
      const delayMs = startedAtMs + exit.afterMs - this.#clock.now()
      this.#exit = this.#clock.schedule(delayMs, () =>
        this.#end(ended(exit.code, exit.message), { atMs: startedAtMs + exit.afterMs }),
      )
    }
    this.#watchMemory()
    this.#watchStorage()
    this.#serve()
  }

  /** Its ports open once it has started up. */
  #serve(): void {
    const network = this.#network
    const { role, container } = this.#request
    if (network === undefined || (role !== 'main' && role !== 'sidecar')) return
    const serving = this.#behaviour.serves
    const ports = servedPorts(container, serving)
    if (ports.length === 0 && serving.ports === undefined) return
    const server = new SimulatedServer({
      clock: this.#clock,
      dice: this.#dice,
      serving,
      ports,
      run: this.#request,
      network,
    })
    this.#server = server
    const delayMs = this.#startedAtMs + this.#plan.startedMs - this.#clock.now()
    if (delayMs <= 0) server.open(this.#startedAtMs)
    else this.#opening = this.#clock.schedule(delayMs, () => server.open(this.#startedAtMs))
  }

  /** Undefined where nobody has said what is served, or where the probe is none over the network. */
  #askServer(
    request: ProbeRequest,
    { holdsUntilMs = 0 }: ProbeOutcome,
    done: (outcome: ProbeOutcome) => void,
  ): Cancel | undefined {
    const network = this.#network
    const server = this.#server
    const { from, serves: serving } = this.#behaviour
    if (network === undefined || server === undefined || from.serves === undefined || !isOverNetwork(request)) {
      return undefined
    }
    return probeServed(request, { clock: this.#clock, network, serving, server, holdsUntilMs }, done)
  }

  /** Sets the time at which memory will pass its limit, if it ever does. */
  #watchMemory(): void {
    this.#oom?.cancel()
    this.#oom = undefined
    const limit = this.#limit('memory')
    if (!Number.isFinite(limit)) return
    const afterMs = whenAbove(this.#behaviour.usage.memory, limit)
    if (afterMs === undefined) return
    const delayMs = this.#startedAtMs + Math.ceil(afterMs) - this.#clock.now()
    this.#oom = this.#clock.schedule(delayMs, () => this.#end({ ...KILLED, reason: 'OOMKilled' }, { isKilled: true }))
  }

  #watchStorage(): void {
    const limit = this.#resources?.limits?.['ephemeral-storage']
    if (limit === undefined) return
    const afterMs = whenAbove(this.#behaviour.usage.ephemeralStorage, quantityMilli(limit) / 1_000)
    if (afterMs === undefined) return
    const delayMs = this.#startedAtMs + Math.ceil(afterMs) - this.#clock.now()
    this.#storage = this.#clock.schedule(delayMs, () => this.#observer.exceededStorage(limit))
  }

  #limit(resource: 'cpu' | 'memory'): number {
    const limit = this.#resources?.limits?.[resource]
    return limit === undefined ? Number.POSITIVE_INFINITY : quantityMilli(limit) / 1_000
  }

  /** `atMs`: when it ended, where that was before this process began. */
  #end(exit: Omit<Exit, 'finishedAtMs'>, { isKilled = false, atMs }: { isKilled?: boolean; atMs?: number } = {}): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#silence()
    const finishedAtMs = atMs ?? this.#clock.now()
    this.#runEnd = { atMs: finishedAtMs, code: exit.code, isKilled }
    this.#log?.ended(this.#runEnd)
    const message = exit.message === '' && exit.code !== 0 ? this.#lastWords() : exit.message
    this.#observer.exited({ ...exit, message, finishedAtMs })
  }

  /** The end of the log in place of a termination message, where the container asks for it. */
  #lastWords(): string {
    if (this.#request.container.terminationMessagePolicy !== 'FallbackToLogsOnError') return ''
    const lines = [...this.#openLog().now({ tail: LAST_LINES_MAX })].map(({ line }) => `${line}\n`)
    return Buffer.from(lines.join('')).subarray(-LAST_BYTES_MAX).toString()
  }

  #openLog(): SimulatedLog {
    if (this.#log !== undefined) return this.#log
    const log = new SimulatedLog({
      clock: this.#clock,
      dice: this.#dice,
      lines: this.#behaviour.logs,
      request: this.#request,
      startedAtMs: this.#startedAtMs,
      written: this.#written?.(this.#request),
    })
    const { ignoresSignal } = this.#behaviour.termination
    if (this.#terminatedAtMs !== undefined && !ignoresSignal) log.terminated(this.#terminatedAtMs)
    if (this.#runEnd !== undefined) log.ended(this.#runEnd)
    this.#log = log
    return log
  }

  /** Nothing more comes from it. */
  #silence(): void {
    this.#server?.close()
    this.#opening?.cancel()
    this.#start?.cancel()
    this.#exit?.cancel()
    this.#oom?.cancel()
    this.#storage?.cancel()
    this.#kill?.timer.cancel()
  }
}

function ended(code: number, message: string): Omit<Exit, 'finishedAtMs'> {
  return { code, reason: code === 0 ? 'Completed' : 'Error', message }
}
