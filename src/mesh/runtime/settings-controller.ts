import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { type Key, printKey } from '../../api/object.ts'
import { type Controller, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { judgeMeshConfig, MeshConfigError } from '../config/read-mesh-config.ts'

const MESH: Key = { namespace: 'istio-system', name: 'istio' }

/** Tells by events what is wrong with the mesh configuration, which istiod would only log. */
export class SettingsController implements Controller {
  readonly name = 'istio-settings'
  readonly sources: readonly Source[] = [{ kind: ConfigMap as Source['kind'], keys: keysOf }]
  readonly workers = 1
  readonly #informers: Informers
  readonly #events: EventRecorder
  #judged: string | undefined

  constructor({ informers, events }: { readonly informers: Informers; readonly events: EventRecorder }) {
    this.#informers = informers
    this.#events = events
  }

  async reconcile(key: Key): Promise<Outcome> {
    const configMap = this.#informers.of(ConfigMap).get(key)
    const text = configMap?.data?.['mesh'] ?? ''
    if (configMap === undefined || text === this.#judged) return DONE
    this.#judged = text
    for (const { reason, message } of notesOn(text)) {
      await this.#events.record(configMap, { type: 'Warning', reason, message })
    }
    return DONE
  }
}

function notesOn(text: string): readonly { readonly reason: string; readonly message: string }[] {
  try {
    return judgeMeshConfig(text).warnings.map((message) => ({ reason: 'MeshConfigWarning', message }))
  } catch (error) {
    if (!(error instanceof MeshConfigError)) throw error
    return [{ reason: 'InvalidMeshConfig', message: `${error.message}; what was before stays in force` }]
  }
}

function keysOf({ metadata }: Pick<ConfigMap, 'metadata'>): readonly string[] {
  const isIt = metadata.name === MESH.name && metadata.namespace === MESH.namespace
  return isIt ? [printKey(MESH)] : []
}
