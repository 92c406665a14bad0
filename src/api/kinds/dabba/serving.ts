import type { Draw } from './draw.ts'
import { matchesGlob } from './glob.ts'
import { drawLatency, type LatencyCurve, NO_LATENCY } from './latency.ts'
import { compileLine, type LineTemplate } from './log-line.ts'

/** What a container answers on the network, in plain numbers. Read `ServesSection` for what each of these means. */
export interface Serving {
  /** Undefined: where the container's own ports and probes are. */
  readonly ports: readonly ListeningPort[] | undefined
  readonly paths: readonly CompiledPath[]
  readonly concurrency: number
  readonly queueMax: number
}

export type ServedProtocol = 'HTTP' | 'HTTPS' | 'GRPC' | 'TCP'

export interface ListeningPort {
  readonly port: number
  readonly protocol: ServedProtocol
}

export interface CompiledPath {
  /** Of the path as it was sent, without the query. */
  fits(path: string): boolean
  /** In capitals; undefined: any. */
  readonly methods: readonly string[] | undefined
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: LineTemplate | undefined
  readonly echo: boolean
  readonly grpc: CompiledGrpc
  readonly latency: LatencyCurve
  readonly errors: readonly CompiledError[]
  readonly calls: readonly CompiledCall[]
  readonly callsInParallel: boolean
  /** In lower case. */
  readonly propagated: readonly string[]
}

export interface CompiledGrpc {
  readonly status: number
  readonly message: LineTemplate | undefined
  readonly reply: Uint8Array
  readonly replies: number
  readonly echo: boolean
}

export type Fault = 'Reset' | 'Hang' | 'Trickle' | 'Endless' | 'Garbage'

export interface CompiledError {
  readonly ratio: number
  readonly failure: Failure
  readonly fromMs: number
  readonly untilMs: number
}

export type Failure =
  | { readonly status: number; readonly body: string | undefined }
  | { readonly grpcStatus: number; readonly message: string }
  | { readonly fault: Fault }

export interface CompiledCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly ratio: number
  readonly timeoutMs: number
  readonly mayFail: boolean
}

/** Tells who was reached, and by which path. */
const DEFAULT_BODY = compileLine('$(pod.namespace)/$(pod.name) answers $(request.method) $(request.path)\n')

/** A message whose fields have their defaults. */
export const DEFAULT_GRPC: CompiledGrpc = {
  status: 0,
  message: undefined,
  reply: new Uint8Array(0),
  replies: 1,
  echo: false,
}

/** A path that answers everything with 200 at once. */
export const DEFAULT_PATH: CompiledPath = {
  fits: () => true,
  methods: undefined,
  status: 200,
  headers: {},
  body: DEFAULT_BODY,
  echo: false,
  grpc: DEFAULT_GRPC,
  latency: NO_LATENCY,
  errors: [],
  calls: [],
  callsInParallel: false,
  propagated: [],
}

/** Of a container that no model speaks of. */
export const DEFAULT_SERVING: Serving = {
  ports: undefined,
  paths: [DEFAULT_PATH],
  concurrency: Number.POSITIVE_INFINITY,
  queueMax: 0,
}

export type PathType = 'Exact' | 'Prefix' | 'Glob'

export function pathMatcher(pattern: string, type: PathType): (path: string) => boolean {
  if (type === 'Exact') return (path) => path === pattern
  if (type === 'Glob') return (path) => matchesGlob(pattern, path)
  const prefix = pattern.replace(/\/+$/, '')
  if (prefix === '') return () => true
  return (path) => path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

/** The path that answers a request; when none does, whether the method alone is wrong. */
export function pathFor(
  { paths }: Serving,
  { method, path }: { readonly method: string; readonly path: string },
): CompiledPath | { readonly allowed: readonly string[] } {
  const allowed: string[] = []
  for (const candidate of paths) {
    if (!candidate.fits(path)) continue
    if (candidate.methods === undefined || candidate.methods.includes(method)) return candidate
    allowed.push(...candidate.methods)
  }
  return { allowed }
}

/** One request, its dice cast. */
export interface AnswerPlan {
  readonly latencyMs: number
  readonly failure?: Failure
  readonly calls: readonly CompiledCall[]
}

/** `elapsedMs` counts from the start of the run. */
export function planAnswer(path: CompiledPath, elapsedMs: number, draw: Draw): AnswerPlan {
  const latencyMs = drawLatency(path.latency, draw)
  const failure = drawFailure(path.errors, elapsedMs, draw)
  if (failure !== undefined) return { latencyMs, failure, calls: [] }
  const { calls } = path
  return { latencyMs, calls: calls.filter(({ ratio }) => ratio >= 1 || draw() < ratio) }
}

function drawFailure(errors: readonly CompiledError[], elapsedMs: number, draw: Draw): Failure | undefined {
  if (errors.length === 0) return undefined
  let rest = draw()
  for (const { ratio, failure, fromMs, untilMs } of errors) {
    if (elapsedMs < fromMs || elapsedMs >= untilMs) continue
    if (rest < ratio) return failure
    rest -= ratio
  }
  return undefined
}
