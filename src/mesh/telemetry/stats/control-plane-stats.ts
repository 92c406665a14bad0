import { meshKinds } from '../../../api/kinds/istio/mesh-kinds.ts'
import type { Kind } from '../../../api/kind.ts'
import type { ApiObject } from '../../../api/object.ts'
import type { Informers } from '../../../client/informers.ts'
import type { Snapshot } from '../../snapshot.ts'
import type { MeshFamily } from '../exposed-family.ts'
import { buildFamily } from './build-family.ts'

type ConfigEvent = 'add' | 'update' | 'delete'

/** What istiod tells of itself and has a meaning here: its configuration as it changes, and what it knows. */
export class ControlPlaneStats {
  readonly #snapshot: () => Snapshot
  readonly #events = new Map<string, Record<ConfigEvent, number>>()

  constructor({ informers, snapshot }: { readonly informers: Informers; snapshot(): Snapshot }) {
    this.#snapshot = () => snapshot()
    for (const kind of meshKinds) this.#watch(kind, informers)
  }

  families(): readonly MeshFamily[] {
    const { services, objects } = this.#snapshot()
    const seen = Array.from(this.#events).flatMap(([type, events]) =>
      Object.entries(events).map(([event, value]) => ({ labels: { type, event }, value })),
    )
    return [
      buildFamily('pilot'),
      family('pilot_k8s_cfg_events', 'counter', {
        help: 'Changes of configuration.',
        values: seen.filter(({ value }) => value > 0),
      }),
      family('pilot_services', 'gauge', {
        help: 'Hosts that are known as services.',
        values: [{ labels: {}, value: services.size }],
      }),
      family('pilot_virt_services', 'gauge', {
        help: 'VirtualServices.',
        values: [{ labels: {}, value: objects.get('VirtualService')?.size ?? 0 }],
      }),
    ]
  }

  #watch(kind: Kind, informers: Informers): void {
    const events = { add: 0, update: 0, delete: 0 }
    this.#events.set(kind.kind, events)
    informers.of(kind as Kind<ApiObject>).handle({
      added: () => events.add++,
      updated: () => events.update++,
      deleted: () => events.delete++,
    })
  }
}

function family(
  name: string,
  type: MeshFamily['type'],
  of: {
    readonly help: string
    readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
  },
): MeshFamily {
  const metrics = of.values.map(({ labels, value }) => ({
    labels: Object.entries(labels),
    value: { kind: 'number', value } as const,
  }))
  return { name, help: of.help, type, metrics }
}
