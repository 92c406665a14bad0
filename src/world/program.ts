import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { RequestOptions, ResponseStream } from './network.ts'
import type { Random } from './random.ts'
import type { WebHandler } from './web.ts'

/**
 * What an image runs, where we have it: a whole program as a function of what its container gives it. It runs until it
 * returns its exit code; one that throws exits with 1, and its message is the last line of its log.
 */
export interface Program {
  start(context: ProgramContext): Promise<number>
}

export interface ProgramContext {
  /** Of the container, references to variables resolved; without the name of the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly pod: PodIdentity
  readonly clock: Clock
  /** Of this run alone. */
  readonly random: Random
  /** The file system of the container: what is mounted, and beside that files that end with the run. */
  readonly disk: Disk
  /** Calls back after each exchange of mounted files, such as those of a ConfigMap. Returns what ends that. */
  onFilesChanged(listener: () => void): () => void
  /** Answers what comes to a port of the pod, until the run ends. Throws when somebody listens there already. */
  listen(port: number, handler: WebHandler): () => void
  /** Reaches into the cluster, by its names and addresses, and from there on as far as the host lets it. */
  request(options: RequestOptions): Promise<ResponseStream>
  log(line: string, stream?: 'stdout' | 'stderr'): void
  /** SIGTERM. What has not ended when the grace is over is cut off from its files and from the network. */
  readonly signal: AbortSignal
}

export interface PodIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly ip: string
  readonly node: string
  readonly serviceAccount: string
  readonly container: string
  readonly image: string
}
