import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import { type Controller, DONE, type Outcome, type Source, watches } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { type AdapterConfig, AdapterConfigError, readAdapterConfig } from './adapter-config.ts'

const FILE = 'config.yaml'
const NAME_LABEL = 'app.kubernetes.io/name'
const NAME = 'prometheus-adapter'
/** What the manifests and the chart of prometheus-adapter call the ConfigMap. */
const NAMES: ReadonlySet<string> = new Set([NAME, 'adapter-config'])

/**
 * Takes up the rules of metrics from ConfigMaps as prometheus-adapter has them, of all namespaces, and again whenever one
 * changes. Rules that cannot be used are told by an Event on their ConfigMap; those that it had before stay in force.
 */
export class AdapterRules implements Controller {
  readonly name = 'prometheus-adapter'
  readonly sources: readonly Source[] = [watches(ConfigMap)]
  /** What `changed` does for one set of rules ends before the next is told. */
  readonly workers = 1
  readonly #configMaps: Informer<ConfigMap>
  readonly #events: EventRecorder
  readonly #changed: (configs: readonly AdapterConfig[]) => Promise<void>
  /** By key of the ConfigMap. */
  readonly #configs = new Map<string, AdapterConfig>()
  /** What each ConfigMap said when it was last read, so that an unchanged text is neither read nor complained of again. */
  readonly #texts = new Map<string, string>()

  /** `changed` is told all rules, those of the ConfigMap with the first name first. */
  constructor(options: {
    readonly informers: Informers
    readonly events: EventRecorder
    changed(configs: readonly AdapterConfig[]): Promise<void>
  }) {
    this.#configMaps = options.informers.of(ConfigMap)
    this.#events = options.events
    this.#changed = (configs) => options.changed(configs)
  }

  /** A cluster that starts again may have lost its rules meanwhile: that there are none must be told, too. */
  async start(): Promise<void> {
    for (const configMap of this.#configMaps.values()) await this.reconcile(keyOf(configMap))
    if (this.#configs.size === 0) await this.#tell()
  }

  async reconcile(key: Key): Promise<Outcome> {
    const name = printKey(key)
    const configMap = this.#configMaps.get(key)
    const text = configMap === undefined || !isForAdapter(configMap) ? undefined : configMap.data?.[FILE]
    if (configMap === undefined || text === undefined) {
      this.#texts.delete(name)
      if (this.#configs.delete(name)) await this.#tell()
      return DONE
    }
    if (this.#texts.get(name) === text) return DONE
    try {
      this.#configs.set(name, readAdapterConfig(text))
    } catch (error) {
      if (!(error instanceof AdapterConfigError)) throw error
      const fate = this.#configs.has(name) ? 'the rules before it stay in force' : 'it is not used'
      const message = `${FILE}: ${error.message}; ${fate}`
      await this.#events.record(configMap, { type: 'Warning', reason: 'InvalidAdapterConfig', message })
      this.#texts.set(name, text)
      return DONE
    }
    await this.#tell()
    this.#texts.set(name, text)
    return DONE
  }

  #tell(): Promise<void> {
    return this.#changed([...this.#configs].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, config]) => config))
  }
}

function isForAdapter({ metadata }: ConfigMap): boolean {
  return NAMES.has(metadata.name) || metadata.labels?.[NAME_LABEL] === NAME
}
