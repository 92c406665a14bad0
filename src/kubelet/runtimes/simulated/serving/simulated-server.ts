import {
  type AnswerPlan,
  type CompiledPath,
  type Failure,
  type Fault,
  type ListeningPort,
  pathFor,
  planAnswer,
  type Serving,
} from '../../../../api/kinds/dabba/serving.ts'
import type { LineContext } from '../../../../api/kinds/dabba/log-line.ts'
import { BrokenConnection, type ServerRequest } from '../../../../world/answering.ts'
import type { Clock } from '../../../../world/clock.ts'
import type { ResponseStream } from '../../../../world/network.ts'
import type { Random } from '../../../../world/random.ts'
import type { Cancel, RunRequest } from '../../../runtime.ts'
import type { PodNetwork } from '../../pod-network.ts'
import { Exchange } from './exchange.ts'
import { RequestSlots } from './request-slots.ts'
import { grpcAnswer, grpcFailure, healthAnswer, isGrpcCall } from './grpc-answer.ts'
import { echoAnswer, failedAnswer, pathAnswer, STATUS_WITHOUT_GRPC, textAnswer } from './server-answer.ts'
import { makeCalls } from './served-calls.ts'

export interface SimulatedServerOptions {
  readonly clock: Clock
  /** Of this run alone. */
  readonly dice: Random
  readonly serving: Serving
  readonly ports: readonly ListeningPort[]
  readonly run: RunRequest
  readonly network: PodNetwork
}

/** What came of a probe: a status, nothing in time, or what broke. */
export type ProbedStatus = number | 'Late' | Extract<Fault, 'Reset' | 'Garbage'>

/**
 * What one run of a container answers on the network.
 *
 * Invariants:
 *  1. It is reached only between `open` and `close`; what is under way at `close` is reset.
 *  2. At most `concurrency` requests are at work, and at most `queueMax` wait.
 *  3. What is drawn for a request depends on its place in the order of requests, and on nothing outside of this run.
 */
export class SimulatedServer {
  readonly #options: SimulatedServerOptions
  readonly #closing: (() => void)[] = []
  readonly #exchanges = new Set<Exchange>()
  /** These are made with the first request. */
  #slots: RequestSlots | undefined
  #dice: Random | undefined
  #count = 0
  #openedAtMs = 0
  #isOpen = false

  constructor(options: SimulatedServerOptions) {
    this.#options = options
  }

  /** Begins to listen; times of errors count from `startedAtMs`. A port that another container of the pod has is that one's. */
  open(startedAtMs: number): void {
    const { ports, network, run } = this.#options
    this.#openedAtMs = startedAtMs
    this.#isOpen = true
    for (const port of ports) {
      const address = { ip: run.podIp, port: port.port }
      if (network.isListening(address)) continue
      const serve = (request: ServerRequest): Promise<ResponseStream> => this.#serve(request, port)
      this.#closing.push(network.listen({ ...address, protocol: port.protocol, serve }))
    }
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    for (const close of this.#closing.splice(0)) close()
    for (const exchange of this.#exchanges) exchange.cut(new BrokenConnection('reset'))
  }

  /** What it speaks at a port; undefined while it does not listen there. */
  protocolAt(port: number): ListeningPort['protocol'] | undefined {
    return this.#isOpen ? this.#options.ports.find((one) => one.port === port)?.protocol : undefined
  }

  async #serve(request: ServerRequest, port: ListeningPort): Promise<ResponseStream> {
    if (!this.#isOpen) throw new BrokenConnection('reset')
    if (port.protocol === 'TCP') return this.#silence(request)
    const health = port.protocol === 'GRPC' ? healthAnswer(request) : undefined
    if (health !== undefined) return health
    const path = pathFor(this.#options.serving, { method: request.method, path: pathOf(request.target) })
    if ('allowed' in path) return refusal(path.allowed, request)
    if (answersAtOnce(path) && this.#slotsOf().tryEnter()) {
      this.#slotsOf().leave()
      return this.#answer(path, request, port)
    }
    return this.#work(path, request, port)
  }

  /** With all that takes time, until its end or until somebody goes away. */
  async #work(path: CompiledPath, request: ServerRequest, port: ListeningPort): Promise<ResponseStream> {
    const exchange = this.#begin(request)
    const { clock } = this.#options
    const slots = this.#slotsOf()
    let isAtWork = slots.tryEnter()
    try {
      if (!isAtWork) {
        if (slots.isFull) return tooMany(request)
        await exchange.until((resume) => slots.wait(resume))
        isAtWork = true
      }
      const plan = this.#plan(path)
      if (plan.latencyMs > 0) await exchange.sleep(plan.latencyMs)
      if (plan.failure !== undefined) {
        const isCut = (): boolean => !this.#isOpen || request.signal?.aborted === true
        const context = this.#context(request)
        const answer = failedAnswer(plan.failure, { path, context, isGrpc: isGrpcCall(request), clock, isCut })
        return answer ?? (await exchange.never())
      }
      if (plan.calls.length > 0) {
        const { signal } = exchange
        const problem = await makeCalls({ path, calls: plan.calls, request, signal }, this.#callDeps())
        if (problem !== undefined) return callFailed(problem, request)
      }
      return this.#answer(path, request, port)
    } finally {
      if (isAtWork) slots.leave()
      exchange.end()
    }
  }

  /**
   * A GET of the kubelet that wants to know no more than the status: asked without any of what carries requests, since ten
   * thousand pods are asked all the time. Undefined where it has to be carried: there are calls to make, or a line to wait in.
   */
  probe(path: CompiledPath, timeoutMs: number, done: (outcome: ProbedStatus) => void): Cancel | undefined {
    const slots = this.#slotsOf()
    if (path.calls.length > 0 || !slots.tryEnter()) return undefined
    const { latencyMs, failure } = this.#plan(path)
    const answer = failure === undefined ? path.status : probed(failure, path)
    const isLate = latencyMs >= timeoutMs || answer === 'Late'
    const end = (): void => {
      slots.leave()
      done(isLate ? 'Late' : answer)
    }
    const delayMs = isLate ? timeoutMs : latencyMs
    if (delayMs <= 0) {
      end()
      return NOTHING
    }
    const timer = this.#options.clock.schedule(delayMs, end)
    return () => {
      timer.cancel()
      slots.leave()
    }
  }

  /** What is drawn for a request, in whole milliseconds. */
  #plan(path: CompiledPath): AnswerPlan {
    const elapsedMs = this.#options.clock.now() - this.#openedAtMs
    const plan = planAnswer(path, elapsedMs, () => this.#draw())
    return { ...plan, latencyMs: Math.round(plan.latencyMs) }
  }

  #begin({ signal }: ServerRequest): Exchange {
    const exchange = new Exchange(this.#options.clock, signal, (ended) => this.#exchanges.delete(ended))
    this.#exchanges.add(exchange)
    return exchange
  }

  /** Takes what comes and says nothing. */
  async #silence(request: ServerRequest): Promise<never> {
    const exchange = this.#begin(request)
    try {
      return await exchange.never()
    } finally {
      exchange.end()
    }
  }

  #answer(path: CompiledPath, request: ServerRequest, port: ListeningPort): ResponseStream {
    this.#count++
    const answer = isGrpcCall(request) ? grpcAnswer(path, request, this.#context(request)) : undefined
    if (answer !== undefined) return answer
    if (path.echo) return echoAnswer(path, request, { run: this.#options.run, port })
    return pathAnswer(path, this.#context(request))
  }

  #context({ method, target, headers }: ServerRequest): LineContext {
    const { clock, run } = this.#options
    const { pod, container } = run
    return {
      podName: pod.metadata.name,
      podNamespace: pod.metadata.namespace ?? '',
      podUid: pod.metadata.uid ?? '',
      podIp: run.podIp,
      nodeName: run.node,
      containerName: container.name,
      image: container.image ?? '',
      restartCount: run.restartCount,
      get time() {
        return new Date(clock.now()).toISOString()
      },
      count: this.#count,
      get env() {
        return run.environment()
      },
      draw: () => this.#draw(),
      request: { method, path: target, host: headers['host'] ?? '', headers },
    }
  }

  #callDeps(): Parameters<typeof makeCalls>[1] {
    const { network, clock, run } = this.#options
    return { network, clock, origin: { namespace: run.pod.metadata.namespace ?? '', podIp: run.podIp } }
  }

  #slotsOf(): RequestSlots {
    const { concurrency, queueMax } = this.#options.serving
    return (this.#slots ??= new RequestSlots(concurrency, queueMax))
  }

  #draw(): number {
    return (this.#dice ??= this.#options.dice.fork('serves')).next()
  }
}

/** What a probe sees of an error. A body, whatever becomes of it, comes after its status. */
function probed(failure: Failure, { status }: CompiledPath): ProbedStatus {
  if ('status' in failure) return failure.status
  if ('grpcStatus' in failure) return STATUS_WITHOUT_GRPC
  switch (failure.fault) {
    case 'Hang':
      return 'Late'
    case 'Trickle':
    case 'Endless':
      return status
    default:
      return failure.fault
  }
}

function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

function answersAtOnce({ latency, errors, calls }: CompiledPath): boolean {
  return latency.kind === 'fixed' && latency.ms === 0 && errors.length === 0 && calls.length === 0
}

function refusal(allowed: readonly string[], request: ServerRequest): ResponseStream {
  if (isGrpcCall(request)) return grpcFailure('UNIMPLEMENTED', `unknown method ${request.target}`)
  if (allowed.length === 0) return textAnswer(404, '404 page not found\n')
  return textAnswer(405, 'Method Not Allowed\n', { allow: allowed.join(', ') })
}

function tooMany(request: ServerRequest): ResponseStream {
  const problem = 'too many requests are under way'
  return isGrpcCall(request) ? grpcFailure('RESOURCE_EXHAUSTED', problem) : textAnswer(503, `${problem}\n`)
}

function callFailed(problem: string, request: ServerRequest): ResponseStream {
  return isGrpcCall(request) ? grpcFailure('UNAVAILABLE', problem) : textAnswer(502, `${problem}\n`)
}

const NOTHING: Cancel = () => undefined
