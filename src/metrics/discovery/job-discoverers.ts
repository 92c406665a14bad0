import type { Clock } from '../../world/clock.ts'
import type { DiscoveryConfigs, KubernetesDiscoveryConfig } from '../config/discoveries.ts'
import { ConfigError } from '../config/schema.ts'
import { httpClient } from '../scrape/http-client.ts'
import type { ScrapeTransport } from '../scrape/transport.ts'
import { fileDiscovery } from './file-discovery.ts'
import { httpDiscovery } from './http-discovery.ts'
import { kubernetesDiscovery, type KubernetesPorts } from './kubernetes/kubernetes-discovery.ts'
import { staticDiscovery } from './static-discovery.ts'
import type { Discoverer } from './target-group.ts'

/** What the discoveries of a job need of the world. */
export interface DiscoveryPorts {
  readonly clock: Clock
  readonly transport: ScrapeTransport
  readText(path: string): Promise<string>
  /** Paths of the files that a pattern names. */
  match(pattern: string): Promise<readonly string[]>
  /** The cluster that a configuration means; undefined when there is none. */
  cluster?(config: KubernetesDiscoveryConfig): Pick<KubernetesPorts, 'informers' | 'ownNamespace'> | undefined
  /** What went wrong while looking for targets: those that are known stay. */
  onProblem?(problem: string): void
}

/** All discoveries that a job, or a set of Alertmanagers, is configured with. */
export function jobDiscoverers(configs: DiscoveryConfigs, ports: DiscoveryPorts): readonly Discoverer[] {
  const { clock, readText, match } = ports
  const onProblem = (problem: string): void => ports.onProblem?.(problem)
  return [
    ...(configs.static_configs.length > 0 ? [staticDiscovery(configs.static_configs)] : []),
    ...configs.file_sd_configs.map((config) => fileDiscovery(config, { clock, readText, match, onProblem })),
    ...configs.http_sd_configs.map((config) =>
      httpDiscovery(config, { clock, transport: httpClient(config, ports), onProblem }),
    ),
    ...configs.kubernetes_sd_configs.map((config) => {
      const cluster = ports.cluster?.(config)
      if (cluster === undefined) {
        const where = config.api_server || config.kubeconfig_file || 'this process'
        throw new ConfigError(`kubernetes_sd_configs: there is no cluster to look for targets in at ${where}`)
      }
      return kubernetesDiscovery(config, { clock, ...cluster })
    }),
  ]
}
