import { ApiException, KubeConfig, type V1Status } from '@kubernetes/client-node'
import { ServedCluster, type ServedOptions } from '../served-cluster.ts'

/** A served cluster, and what @kubernetes/client-node needs to speak to it. */
export class ConnectedCluster implements AsyncDisposable {
  readonly served: ServedCluster
  readonly config: KubeConfig

  private constructor(served: ServedCluster, config: KubeConfig) {
    this.served = served
    this.config = config
  }

  static async start(options: ServedOptions = {}): Promise<ConnectedCluster> {
    const served = await ServedCluster.start({ nodes: 1, ...options })
    const config = new KubeConfig()
    config.loadFromFile(served.kubeconfig)
    return new ConnectedCluster(served, config)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.served[Symbol.asyncDispose]()
  }
}

/** The Status that the API server refused a call with. Fails when it did not refuse it. */
export async function refusal(call: Promise<unknown>): Promise<V1Status> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof ApiException)) throw error
    return JSON.parse(String(error.body)) as V1Status
  }
  throw new Error('the call was not refused')
}

/** An object with other contents. The client's classes are fields and nothing else: a plain object does as well. */
export function changed<T extends object>(object: T | undefined, change: Partial<T>): T {
  return Object.assign({} as T, object, change)
}

const PATIENCE_MS = 60_000
const POLL_MS = 20

/** Waits until `done` holds. */
export async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS
  while (!(await done())) {
    if (Date.now() > deadlineMs) throw new Error(`not so within ${PATIENCE_MS / 1_000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
