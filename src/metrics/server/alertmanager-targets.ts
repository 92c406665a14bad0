import type { Clock } from '../../world/clock.ts'
import type { AlertmanagerConfig } from '../config/alerting-config.ts'
import type { DiscoveryConfigs } from '../config/discoveries.ts'
import { ConfigError } from '../config/schema.ts'
import { DiscoveryManager } from '../discovery/discovery-manager.ts'
import type { Discoverer, TargetGroup } from '../discovery/target-group.ts'
import { labelsOf } from '../model/labels.ts'
import { relabel } from '../relabel/relabel.ts'
import type { AlertmanagerTarget } from '../rules/notifier.ts'
import { unsupportedClient } from '../scrape/http-client.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'

export interface AlertmanagerTargetsOptions {
  readonly clock: Clock
  discoverers(configs: DiscoveryConfigs): readonly Discoverer[]
  /** Requests with the credentials of a configuration. */
  clientOf(config: AlertmanagerConfig): ScrapeTransport
  onTargets(targets: readonly AlertmanagerTarget[]): void
}

interface Section {
  readonly config: AlertmanagerConfig
  readonly client: ScrapeTransport
  targets: readonly AlertmanagerTarget[]
}

/** Finds the Alertmanagers of a configuration, and speaks to them (prometheus/prometheus notifier/alertmanager.go). */
export class AlertmanagerTargets {
  readonly #options: AlertmanagerTargetsOptions
  readonly #discovery: DiscoveryManager
  #sections = new Map<string, Section>()

  constructor(options: AlertmanagerTargetsOptions) {
    this.#options = options
    this.#discovery = new DiscoveryManager(options.clock, (name, groups) => this.#found(name, groups))
  }

  /** Throws before anything has changed when a configuration asks for what cannot be done here. */
  check(configs: readonly AlertmanagerConfig[]): void {
    for (const [index, config] of configs.entries()) {
      const problem = unsupportedClient(config) ?? (config.sigv4 === undefined ? undefined : 'sigv4 is not supported')
      if (problem !== undefined) throw new ConfigError(`alertmanagers[${index}]: ${problem}`)
    }
  }

  apply(configs: readonly AlertmanagerConfig[]): void {
    for (const name of this.#sections.keys()) this.#discovery.remove(name)
    this.#sections = new Map(
      configs.map((config, index) => [
        `config-${index}`,
        { config, client: this.#options.clientOf(config), targets: [] },
      ]),
    )
    for (const [name, { config }] of this.#sections) this.#discovery.apply(name, this.#options.discoverers(config))
    this.#tell()
  }

  /** The status with which an Alertmanager answered. */
  async post(target: AlertmanagerTarget, body: string, signal: AbortSignal): Promise<number> {
    const section = [...this.#sections.values()].find(({ targets }) => targets.some(({ url }) => url === target.url))
    if (section === undefined) throw new Error(`${target.url} is no Alertmanager of the configuration any more`)
    const headers = { 'Content-Type': 'application/json', 'User-Agent': 'Prometheus' }
    const response = await section.client({ method: 'POST', url: target.url, headers, body }, signal)
    for await (const _chunk of response.body);
    return response.status
  }

  stop(): Promise<void> {
    return this.#discovery.stop()
  }

  #found(name: string, groups: readonly TargetGroup[]): void {
    const section = this.#sections.get(name)
    if (section === undefined) return
    section.targets = groups.flatMap((group) => targetsOf(group, section.config))
    this.#tell()
  }

  #tell(): void {
    this.#options.onTargets([...this.#sections.values()].flatMap(({ targets }) => targets))
  }
}

function targetsOf({ targets, labels }: TargetGroup, config: AlertmanagerConfig): readonly AlertmanagerTarget[] {
  const { scheme, path_prefix: prefix, timeout: timeoutMs, relabel_configs: rules } = config
  const path = `/${prefix}/api/v2/alerts`.replaceAll(/\/{2,}/g, '/')
  return targets.flatMap((target) => {
    const discovered = labelsOf({ __scheme__: scheme, __alerts_path__: path, ...labels, ...target })
    const found = relabel(discovered, rules)
    if (found === undefined) return []
    const url = `${found.get('__scheme__')}://${found.get('__address__')}${found.get('__alerts_path__')}`
    return [{ url, timeoutMs, relabelConfigs: config.alert_relabel_configs }]
  })
}
