import { podRequests, type PodResources } from '../../api/kinds/pod-spec/resources.ts'
import type { PodSpec } from '../../api/types.generated.ts'

/** What the pods of a node have been granted, kept as a sum. */
export class NodeResources {
  readonly #byPod = new Map<string, Share>()
  readonly #others = new Map<string, number>()
  readonly #ports = new Map<string, number>()
  #cpuMilli = 0
  #memoryBytes = 0
  #ephemeralStorageBytes = 0

  /** Without the pod `except`. */
  used(except: string): UsedResources {
    const own = this.#byPod.get(except)?.requests
    return {
      pods: this.#byPod.size - (own === undefined ? 0 : 1),
      cpuMilli: this.#cpuMilli - (own?.cpuMilli ?? 0),
      memoryBytes: this.#memoryBytes - (own?.memoryBytes ?? 0),
      ephemeralStorageBytes: this.#ephemeralStorageBytes - (own?.ephemeralStorageBytes ?? 0),
      other: (name) => (this.#others.get(name) ?? 0) - (own?.others.get(name) ?? 0),
      hasPort: (port) => this.#ports.has(port) && this.#byPod.get(except)?.ports.includes(port) !== true,
    }
  }

  /** Grants a pod what it asks for; granted before, it has the new share instead. */
  take(uid: string, spec: PodSpec): void {
    this.free(uid)
    const share = { requests: podRequests(spec), ports: hostPortsOf(spec) }
    this.#byPod.set(uid, share)
    this.#add(share, 1)
  }

  free(uid: string): boolean {
    const share = this.#byPod.get(uid)
    if (share === undefined) return false
    this.#byPod.delete(uid)
    this.#add(share, -1)
    return true
  }

  #add({ requests, ports }: Share, sign: 1 | -1): void {
    this.#cpuMilli += sign * requests.cpuMilli
    this.#memoryBytes += sign * requests.memoryBytes
    this.#ephemeralStorageBytes += sign * requests.ephemeralStorageBytes
    for (const [name, amount] of requests.others) this.#others.set(name, (this.#others.get(name) ?? 0) + sign * amount)
    for (const port of ports) {
      const holders = (this.#ports.get(port) ?? 0) + sign
      if (holders === 0) this.#ports.delete(port)
      else this.#ports.set(port, holders)
    }
  }
}

export interface UsedResources {
  readonly pods: number
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly ephemeralStorageBytes: number
  other(name: string): number
  hasPort(port: string): boolean
}

interface Share {
  readonly requests: PodResources
  readonly ports: readonly string[]
}

/** `TCP/0.0.0.0/8080` for each port that the pod wants of the node itself. */
export function hostPortsOf(spec: PodSpec): readonly string[] {
  const ports: string[] = []
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort !== undefined && hostPort > 0) ports.push(`${protocol ?? 'TCP'}/${hostIP ?? '0.0.0.0'}/${hostPort}`)
    }
  }
  return ports
}
