import { builtinKinds } from '../../../src/api/kinds/builtin-kinds.ts'
import type { Kind } from '../../../src/api/kind.ts'
import { type ApiObject, keyOf, printKey } from '../../../src/api/object.ts'
import type { WatchEvent } from '../../../src/api/request.ts'
import type { Client } from '../../../src/client/client.ts'
import { Informers } from '../../../src/client/informers.ts'
import { readPrometheusConfig } from '../../../src/metrics/config/prometheus-config.ts'
import { kubernetesDiscovery } from '../../../src/metrics/discovery/kubernetes/kubernetes-discovery.ts'
import type { TargetGroup } from '../../../src/metrics/discovery/target-group.ts'
import { VirtualClock } from '../../../src/world/virtual-clock.ts'
import { expectSame, expectSameMembers, type Oracle, type OracleCase } from '../oracle.ts'

export const oracle: Oracle = {
  open: () => run,
}

type Change =
  | { readonly op: 'create' | 'update'; readonly object: ApiObject }
  | { readonly op: 'delete'; readonly kind: string; readonly namespace?: string; readonly name: string }

async function run({ input, expect }: OracleCase): Promise<void> {
  const clock = new VirtualClock(0)
  const cluster = new Objects(input['objects'] as ApiObject[])
  const { role, namespaces, attach_metadata, own_namespace: ownNamespace } = input
  const section = JSON.stringify({ role, ...only({ namespaces, attach_metadata }) })
  const config = readPrometheusConfig(`scrape_configs: [{job_name: x, kubernetes_sd_configs: [${section}]}]`)
  const [discoveryConfig] = config.scrape_configs[0]?.kubernetes_sd_configs ?? []
  const discoverer = kubernetesDiscovery(discoveryConfig!, {
    informers: new Informers(cluster as unknown as Client, clock),
    clock,
    ...(typeof ownNamespace === 'string' && { ownNamespace }),
  })
  const groups = new Map<string, TargetGroup>()
  const stop = new AbortController()
  const running = discoverer.run((found) => {
    for (const group of found) groups.set(group.source, group)
  }, stop.signal)
  await clock.advance(1)
  for (const change of (input['then'] ?? []) as Change[]) {
    cluster.change(change)
    await clock.advance(1)
  }
  stop.abort()
  await running
  const expected = expect['target_groups'] as Record<string, { targets?: object[]; labels?: object }>
  expectSameMembers('sources', [...groups.keys()], Object.keys(expected))
  for (const [source, group] of Object.entries(expected)) {
    const mine = groups.get(source)
    expectSameMembers(`targets of ${source}`, (mine?.targets ?? []).map(filled), (group.targets ?? []).map(filled))
    expectSame(`labels of ${source}`, filled(mine?.labels ?? {}), filled(group.labels ?? {}))
  }
}

/** An empty label is no label. */
function filled(labels: object): object {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

interface Written extends ApiObject {
  readonly ownerReferences?: ApiObject['metadata']['ownerReferences']
  readonly status?: { readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly port?: number } } }
}

/** Go's decoder takes a field in any case, and a field of an embedded struct where it stands. */
function asUpstreamReads(object: Written): ApiObject {
  const { ownerReferences, ...rest } = object
  const port = object.status?.daemonEndpoints?.kubeletEndpoint?.port
  return {
    ...rest,
    metadata: { ...object.metadata, ...(ownerReferences !== undefined && { ownerReferences }) },
    ...(port !== undefined && {
      status: { ...object.status, daemonEndpoints: { kubeletEndpoint: { Port: port } } },
    }),
  }
}

function only(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** Objects that the API server would refuse in part: upstream's tests put them into its caches as they are. */
class Objects {
  readonly #objects = new Map<string, ApiObject>()
  readonly #watchers: { readonly kind: string; event(event: WatchEvent<ApiObject>): void }[] = []
  #revision = 0

  constructor(objects: readonly ApiObject[]) {
    for (const object of objects) this.change({ op: 'create', object })
  }

  change(change: Change): void {
    if (change.op === 'delete') {
      const kind = kindOf(change.kind)
      const key = `${kind}/${printKey(only(change as never) as never)}`
      const object = this.#objects.get(key)
      if (object === undefined) throw new Error(`no object ${key}`)
      this.#objects.delete(key)
      this.#tell(kind, 'DELETED', object)
      return
    }
    const kind = kindOf(change.object.kind ?? '')
    const written = asUpstreamReads(change.object)
    const metadata = { ...written.metadata, resourceVersion: String(++this.#revision) }
    const object = { ...written, metadata }
    const key = `${kind}/${printKey(keyOf(object))}`
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED'
    this.#objects.set(key, object)
    this.#tell(kind, type, object)
  }

  watch({ kind }: Kind, _options: unknown, handlers: { event(event: WatchEvent<ApiObject>): void }): object {
    this.#watchers.push({ kind, event: handlers.event })
    for (const [key, object] of this.#objects) {
      if (key.startsWith(`${kind}/`)) handlers.event({ type: 'ADDED', object })
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    handlers.event({ type: 'BOOKMARK', object: { metadata: { name: '', annotations } } as unknown as ApiObject })
    return { stop: () => undefined }
  }

  #tell(kind: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: ApiObject): void {
    for (const watcher of this.#watchers) if (watcher.kind === kind) watcher.event({ type, object })
  }
}

/** The cases name what is deleted sometimes by its kind, sometimes by its plural. */
function kindOf(name: string): string {
  const exact = builtinKinds().find(({ kind }) => kind === name)
  return exact?.kind ?? name.replace(/s$/, '')
}
