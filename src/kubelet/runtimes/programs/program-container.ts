import { KeptLines } from '../../../base/kept-lines.ts'
import { messageOf } from '../../../base/message-of.ts'
import type { ResourceRequirements } from '../../../api/types.generated.ts'
import type { Clock } from '../../../world/clock.ts'
import type { Program, ProgramContext } from '../../../world/program.ts'
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
import { getHttp } from '../../probes/http-get.ts'
import { probeOverNetwork } from '../../probes/network-probe.ts'
import { expand } from '../../volumes/expansion.ts'
import type { PodListening, PodNetwork } from '../pod-network.ts'
import type { SimulatedContainer } from '../simulated/simulated-container.ts'
import { ContainerMounts, type MountDeps } from './container-mounts.ts'

/** How much of a log stands in for a termination message (kubernetes/kubernetes pkg/kubelet/container: MaxContainerTerminationMessageLogLength). */
const LAST_LINES_MAX = 80
const LAST_BYTES_MAX = 2_048
/** How long an HTTP hook may take; the pod's grace ends it too. */
const HOOK_MS = 30_000

export interface ProgramContainerOptions extends MountDeps {
  readonly network: PodNetwork
  readonly program: Program
  readonly request: RunRequest
  readonly observer: RunObserver
  readonly id: string
  readonly dice: Random
  /**
   * The same container as a simulation that runs until it is killed: what the program uses, when memory runs out, and how
   * long its grace is.
   */
  body(observer: RunObserver): SimulatedContainer
  /** Told once nothing of it runs any more. */
  released(): void
}

/**
 * One run of a container whose image is a program of ours.
 *
 * Invariants:
 *  1. The program is started once, after the container was created.
 *  2. After the end of the run nothing that the program still does is seen by others: its ports are closed, its files are
 *     gone, and its log takes no more lines.
 */
export class ProgramContainer implements RuntimeContainer {
  readonly id: string
  readonly #options: ProgramContainerOptions
  readonly #clock: Clock
  readonly #body: SimulatedContainer
  readonly #mounts: ContainerMounts
  readonly #log = new KeptLines()
  readonly #terminated = new AbortController()
  readonly #killed = new AbortController()
  readonly #ports = new Set<() => void>()
  #isRunning = false
  #done: Promise<void> = Promise.resolve()

  constructor(options: ProgramContainerOptions) {
    this.id = options.id
    this.#options = options
    this.#clock = options.clock
    this.#mounts = new ContainerMounts(options, options.request)
    this.#body = options.body({
      exceededStorage: (limit) => options.observer.exceededStorage(limit),
      exited: (exit) => this.#end(exit),
    })
  }

  /** Resolves when the program has returned, and all that it held is given back. */
  get done(): Promise<void> {
    return this.#done
  }

  get podUid(): string {
    return this.#options.request.pod.metadata.uid ?? ''
  }

  podChanged(): void {
    this.#mounts.referencesChanged()
  }

  create(observer: ContainerObserver): void {
    this.#body.create({
      started: () => {
        this.#begin()
        observer.started()
      },
      failed: (failure) => observer.failed(failure),
      exceededStorage: (limit) => observer.exceededStorage(limit),
      // The body was given whom to tell of its end.
      exited: () => undefined,
    })
  }

  /** Takes up a run of an earlier process: the program begins anew, over the files that it left. */
  adopt(startedAtMs: number): void {
    this.#body.begin(startedAtMs)
    this.#begin()
  }

  get startedAtMs(): number {
    return this.#body.startedAtMs
  }

  stop(graceMs: number): void {
    if (!this.#isRunning) return
    this.#body.stop(graceMs)
    this.terminate()
  }

  /** SIGTERM alone. */
  terminate(): void {
    this.#terminated.abort(new Error('SIGTERM'))
  }

  probe(request: ProbeRequest, done: (outcome: ProbeOutcome) => void): Cancel {
    return probeOverNetwork(request, this.#options, done)
  }

  runHook(hook: 'postStart' | 'preStop', done: (error: string | undefined) => void): Cancel {
    const { request, network, clock } = this.#options
    const { httpGet } = request.container.lifecycle?.[hook] ?? {}
    if (httpGet === undefined) return this.#body.runHook(hook, done)
    const { container, podIp } = request
    return getHttp(httpGet, { network, clock, container, podIp, timeoutMs: HOOK_MS }, done)
  }

  resize(resources: ResourceRequirements): void {
    this.#body.resize(resources)
  }

  usage(): Usage {
    return this.#body.usage()
  }

  cpuSeconds(): number {
    return this.#body.cpuSeconds()
  }

  memoryBound(): number {
    return this.#body.memoryBound()
  }

  logs(options: LogOptions): AsyncIterable<LogEntry> {
    return this.#log.read(options)
  }

  remove(): void {
    this.#release()
    this.#log.close()
  }

  #begin(): void {
    this.#isRunning = true
    this.#done = this.#run()
  }

  async #run(): Promise<void> {
    try {
      const disk = await this.#mounts.open()
      if (this.#killed.signal.aborted) return
      const code = await this.#options.program.start(this.#context(disk))
      this.#end({ code, reason: code === 0 ? 'Completed' : 'Error', message: '', finishedAtMs: this.#clock.now() })
    } catch (error) {
      this.#write(messageOf(error), 'stderr')
      this.#end({ code: 1, reason: 'Error', message: '', finishedAtMs: this.#clock.now() })
    } finally {
      await this.#mounts.end()
    }
  }

  #context(disk: ProgramContext['disk']): ProgramContext {
    const { request, network, dice } = this.#options
    const { pod, container, podIp, node } = request
    const { namespace = '', name, uid = '' } = pod.metadata
    const env = request.environment()
    // A command begins with the name of a program.
    const words = [...(container.command ?? []).slice(1), ...(container.args ?? [])]
    const origin = { namespace, podIp }
    return {
      args: words.map((word) => expand(word, env)),
      env,
      pod: {
        namespace,
        name,
        uid,
        ip: podIp,
        node,
        serviceAccount: pod.spec.serviceAccountName ?? '',
        container: container.name,
        image: container.image ?? '',
      },
      clock: this.#clock,
      random: dice.fork('program'),
      disk,
      onFilesChanged: (listener) => this.#mounts.onChange(listener),
      listen: (port, handler) => this.#listen({ ip: podIp, port, handler }),
      request: (options) => {
        const signal = AbortSignal.any([this.#killed.signal, ...(options.signal === undefined ? [] : [options.signal])])
        return network.request({ ...options, signal }, origin)
      },
      log: (line, stream = 'stdout') => this.#write(line, stream),
      signal: this.#terminated.signal,
    }
  }

  #listen(listening: PodListening): () => void {
    this.#killed.signal.throwIfAborted()
    const close = this.#options.network.listen(listening)
    const forget = (): void => {
      if (this.#ports.delete(forget)) close()
    }
    this.#ports.add(forget)
    return forget
  }

  #write(line: string, stream: 'stdout' | 'stderr'): void {
    const timeMs = this.#clock.now()
    for (const part of line.split('\n')) this.#log.write({ timeMs, stream, line: part })
  }

  #end(exit: Exit): void {
    if (!this.#isRunning) return
    const message = exit.code === 0 ? exit.message : this.#lastWords()
    this.#release()
    this.#log.close()
    this.#options.observer.exited({ ...exit, message })
  }

  /** Nothing of the run is reached any more. */
  #release(): void {
    this.#isRunning = false
    this.#body.remove()
    this.terminate()
    this.#killed.abort(new Error('the container has ended'))
    for (const close of Array.from(this.#ports)) close()
    void this.#mounts.end()
    this.#options.released()
  }

  /** The end of the log in place of a termination message, where the container asks for it. */
  #lastWords(): string {
    if (this.#options.request.container.terminationMessagePolicy !== 'FallbackToLogsOnError') return ''
    const lines = this.#log.last(LAST_LINES_MAX).map(({ line }) => `${line}\n`)
    return Buffer.from(lines.join('')).subarray(-LAST_BYTES_MAX).toString()
  }
}
