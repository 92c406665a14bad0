import type { Container, ContainerImage, Pod, ResourceRequirements } from '../api/types.generated.ts'

/**
 * What runs containers, as the kubelet sees it. Calls return at once; what comes of them is told through callbacks,
 * each at most once, and never after it was cancelled. Time passes on the world's clock.
 */
export interface Runtime {
  /** The scheme of container IDs: `dabba` in `dabba://4f5…`. */
  readonly name: string
  /** `status.nodeInfo.containerRuntimeVersion` of its nodes. */
  readonly version: string
  /** The image as a node has it; undefined when it must be pulled first. */
  image(node: string, image: string): StoredImage | undefined
  images(node: string): readonly StoredImage[]
  /** A node has images from an earlier time, by the names under which its status lists them. */
  keep(node: string, images: readonly ContainerImage[]): void
  pull(request: PullRequest, done: (outcome: PullOutcome) => void): Cancel
  /** Creates a container and starts it. */
  run(request: RunRequest, observer: ContainerObserver): RuntimeContainer
  /** Takes up a container that ran before this process began. If it has ended since, that is told soon. */
  adopt(request: AdoptRequest, observer: RunObserver): RuntimeContainer
  /** A run that ended before this process began, for its log; undefined when nothing of it is left. */
  recall(request: RecallRequest, exit: Exit): RuntimeContainer | undefined
}

export type Cancel = () => void

export interface StoredImage {
  /** Fully qualified: `docker.io/library/nginx:1.29`. */
  readonly name: string
  /** By digest: `docker.io/library/nginx@sha256:…`. */
  readonly id: string
  readonly sizeBytes: number
}

export interface PullRequest {
  readonly node: string
  readonly pod: Pod
  readonly container: Container
}

export type PullOutcome = { readonly image: StoredImage } | { readonly error: string }

export type Role = 'init' | 'sidecar' | 'main' | 'ephemeral'

export interface RunRequest {
  readonly node: string
  readonly pod: Pod
  readonly container: Container
  readonly role: Role
  readonly restartCount: number
  readonly podIp: string
  /** The variables that the container sees, references resolved as they were when it was created. */
  environment(): Readonly<Record<string, string>>
}

/** A run of an earlier process. */
export interface RecallRequest extends RunRequest {
  readonly id: string
  readonly startedAtMs: number
}

export interface AdoptRequest extends RecallRequest {
  /** The node has it, since it runs. */
  readonly image: StoredImage
}

export interface ContainerObserver extends RunObserver {
  started(): void
  /** The container was not created, or did not start. */
  failed(failure: { readonly reason: 'CreateContainerError' | 'RunContainerError'; readonly message: string }): void
}

export interface RunObserver {
  /** The container has written more than its limit of ephemeral storage allows. */
  exceededStorage(limit: string): void
  /** Told at the end of a run, however it ended. */
  exited(exit: Exit): void
}

export interface Exit {
  readonly code: number
  readonly signal?: number
  /** `Completed`, `Error` or `OOMKilled`. */
  readonly reason: string
  /** What the process left at its termination message path, or else wrote last where the container asks for that. */
  readonly message: string
  readonly finishedAtMs: number
}

/** One run of one container, from its creation until it is removed. */
export interface RuntimeContainer {
  /** Without the runtime's name in front. */
  readonly id: string
  readonly startedAtMs: number
  /** SIGTERM now and SIGKILL after the grace; said again, it can only shorten. */
  stop(graceMs: number): void
  probe(request: ProbeRequest, done: (outcome: ProbeOutcome) => void): Cancel
  /** Runs an exec or HTTP hook to its end. */
  runHook(hook: 'postStart' | 'preStop', done: (error: string | undefined) => void): Cancel
  /** New limits for a container that runs on. */
  resize(resources: ResourceRequirements): void
  usage(): Usage
  /** The processor time that it has used since it started. */
  cpuSeconds(): number
  /** The most memory it can come to use, if that can be told: lets nodes without pressure rest. */
  memoryBound(): number
  logs(options: LogOptions): AsyncIterable<LogEntry>
  /** Frees what it holds. A container that still runs is killed, and nobody is told. */
  remove(): void
}

export type ProbeName = 'startup' | 'readiness' | 'liveness'

export interface ProbeRequest {
  readonly name: ProbeName
  readonly container: Container
  readonly podIp: string
}

export interface ProbeOutcome {
  readonly isSuccess: boolean
  /** What an event says of a failure. */
  readonly output: string
  /** Until when the same probe has the same outcome if the container runs on: saves asking. Absent: unknown. */
  readonly holdsUntilMs?: number
}

export interface Usage {
  readonly cpuCores: number
  readonly memoryBytes: number
  readonly ephemeralStorageBytes: number
}

export interface LogOptions {
  readonly follow: boolean
  /** Only lines at or after this time. */
  readonly sinceMs?: number
  /** Only so many of the last lines. */
  readonly tail?: number
  readonly signal?: AbortSignal
}

export interface LogEntry {
  readonly timeMs: number
  readonly stream: 'stdout' | 'stderr'
  readonly line: string
}
