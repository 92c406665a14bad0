import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { meshKind } from '../../api/kinds/istio/mesh-kinds.ts'
import type { Kind } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import type { Informers } from '../../client/informers.ts'
import type { HostListening } from '../../platform.ts'
import type { Clock } from '../../world/clock.ts'
import { reachedGateways } from '../reach/gateways.ts'
import { doorText } from '../reach/reached-text.ts'

/** Changes come in crowds: after one, the others are waited for. */
const PAUSE_MS = 250

export interface AnnounceOptions {
  readonly client: Client
  readonly informers: Informers
  readonly host: { list(): readonly HostListening[]; settled(): Promise<void> }
  readonly clock: Clock
  readonly signal: AbortSignal
  say(line: string): void
}

/** Says of each gateway where this host reaches it, as soon as somebody answers there, until `signal` aborts. */
export async function announceGateways({
  client,
  informers,
  host,
  clock,
  signal,
  say,
}: AnnounceOptions): Promise<void> {
  const told = new Set<string>()
  let changed = Promise.withResolvers<void>()
  const wake = (): void => changed.resolve()
  const detach = watched().map((kind) => informers.of(kind).handle({ added: wake, updated: wake, deleted: wake }))
  signal.addEventListener('abort', wake, { once: true })
  for (;;) {
    await changed.promise
    if (signal.aborted) break
    changed = Promise.withResolvers<void>()
    await host.settled()
    for (const { namespace, name, isReady, doors } of await reachedGateways(client, host.list())) {
      for (const door of doors) {
        if (!isReady || door.problem !== undefined || told.has(door.url)) continue
        const gap = told.size === 0 ? '\n' : ''
        told.add(door.url)
        say(`${gap}Gateway ${namespace}/${name} answers at ${doorText(door)}`)
      }
    }
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined)
  }
  for (const off of detach) off()
}

/** What a gateway's being there shows in. */
function watched(): readonly Kind[] {
  return [Service as Kind, EndpointSlice as Kind, Secret as Kind, meshKind('Gateway')]
}
