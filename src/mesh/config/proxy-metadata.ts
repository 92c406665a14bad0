import { isObject } from '../../api/patch/json-value.ts'
import { goBoolean } from './go-boolean.ts'
import { agedOf, compareAge } from './ordered.ts'
import { ownProxyConfig, type ProxyConfig } from './types/proxy-config.ts'

/** What a proxy is told by its environment, by name. */
export type ProxyMetadata = Readonly<Record<string, string>>

export interface ProxyMetadataSources {
  /** Of the mesh. */
  readonly proxyMetadata?: ProxyMetadata | undefined
  readonly proxyConfigs?: readonly ProxyConfig[]
  readonly rootNamespace: string
}

interface Subject {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/**
 * Name by name the last that says something counts: the mesh, ProxyConfigs for all, those of the namespace, the pod's
 * annotation, ProxyConfigs that select it. Rules: istio/istio pilot/pkg/model/proxy_config.go.
 */
export function proxyMetadataOf(subject: Subject, sources: ProxyMetadataSources): ProxyMetadata | undefined {
  const { proxyMetadata, proxyConfigs = [], rootNamespace } = sources
  const { namespace } = subject
  const own = ownProxyConfig(subject.annotations)['proxyMetadata']
  const layers = [
    proxyMetadata,
    variablesOf(proxyConfigs, (config) => isIn(config, rootNamespace) && config.spec?.selector === undefined),
    variablesOf(proxyConfigs, (config) => isIn(config, namespace) && config.spec?.selector === undefined),
    isObject(own) ? (own as ProxyMetadata) : undefined,
    variablesOf(proxyConfigs, (config) => isIn(config, namespace) && selects(config, subject.labels)),
  ].filter((layer) => layer !== undefined)
  return layers.length < 2 ? layers[0] : Object.assign({}, ...layers)
}

/** What the metadata says of names: whether the proxy resolves them, and wants addresses for those that have none. */
export function dnsSettingsIn(metadata: ProxyMetadata | undefined): { dnsCapture?: true; dnsAutoAllocate?: true } {
  return {
    ...(goBoolean(metadata?.['ISTIO_META_DNS_CAPTURE']) === true && { dnsCapture: true }),
    ...(goBoolean(metadata?.['ISTIO_META_DNS_AUTO_ALLOCATE']) === true && { dnsAutoAllocate: true }),
  }
}

/** Of the oldest that fits. */
function variablesOf(
  configs: readonly ProxyConfig[],
  fits: (config: ProxyConfig) => boolean,
): ProxyMetadata | undefined {
  const [first] = configs.filter(fits).toSorted((a, b) => compareAge(agedOf(a), agedOf(b)))
  return first?.spec?.environmentVariables
}

function isIn({ metadata }: ProxyConfig, namespace: string): boolean {
  return (metadata.namespace ?? 'default') === namespace
}

function selects({ spec }: ProxyConfig, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(spec?.selector?.matchLabels ?? {})
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value)
}
