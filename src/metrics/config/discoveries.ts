import { parseFieldSelector } from '../../api/selectors/fields.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import { labelSet, url } from './fields.ts'
import { checkDiscoveryUrl, FOREIGN_DISCOVERIES } from './foreign-discoveries.ts'
import { checkHttpClient, HTTP_CLIENT_FIELDS, isDefaultHttpClient } from './http-client.ts'
import {
  always,
  bool,
  ConfigError,
  type ConfigOf,
  type ConfigType,
  duration,
  list,
  oneOf,
  path,
  quoted,
  struct,
  text,
} from './schema.ts'

/** Where targets come from (prometheus: discovery/). Those that are run here are spelt out; the others are read only. */

/** Addresses that share labels. */
export const TARGET_GROUP = struct('struct { Targets []string; Labels model.LabelSet }', {
  targets: list(text()),
  labels: labelSet,
})

const FILE_NAME = /^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/

const FILE_DISCOVERY = struct('file.plain', { files: list(path), refresh_interval: duration(300_000) }, (config) => {
  if (config.files.length === 0) {
    throw new ConfigError('file service discovery config must contain at least one path name')
  }
  const invalid = config.files.find((name) => !FILE_NAME.test(name))
  if (invalid !== undefined) throw new ConfigError(`path name ${quoted(invalid)} is not valid for file discovery`)
  return config
})

const HTTP_DISCOVERY = struct(
  'http.plain',
  { ...HTTP_CLIENT_FIELDS, refresh_interval: duration(60_000), url: always(text()) },
  (config) => {
    checkDiscoveryUrl(config.url)
    return checkHttpClient(config)
  },
)

export const KUBERNETES_ROLES = ['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const
export type KubernetesRole = (typeof KUBERNETES_ROLES)[number]

const role = oneOf(KUBERNETES_ROLES, { problem: (given) => `unknown Kubernetes SD role ${quoted(given)}` })

/** Which objects' selectors may narrow a role. */
const SELECTOR_ROLES: Readonly<Record<KubernetesRole, readonly string[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  endpoints: ['pod', 'service', 'endpoints'],
  node: ['node'],
  ingress: ['ingress'],
}

const KUBERNETES_DISCOVERY = struct(
  'kubernetes.plain',
  {
    api_server: url,
    role: always(role),
    kubeconfig_file: always(path),
    ...HTTP_CLIENT_FIELDS,
    namespaces: struct('kubernetes.plain', { own_namespace: always(bool()), names: always(list(text())) }),
    selectors: list(struct('kubernetes.SelectorConfig', { role, label: text(), field: text() })),
    attach_metadata: struct('kubernetes.AttachMetadataConfig', {
      node: always(bool()),
      namespace: always(bool()),
      deployment: always(bool()),
      job: always(bool()),
      cronjob: always(bool()),
    }),
  },
  (config) => {
    if (config.role === '') {
      throw new ConfigError('role missing (one of: pod, service, endpoints, endpointslice, node, ingress)')
    }
    const checked = checkHttpClient(config)
    const isDefaultClient = isDefaultHttpClient(config)
    const { api_server: server, kubeconfig_file: kubeconfig, namespaces } = config
    const problems: readonly (readonly [boolean, string])[] = [
      [server !== '' && kubeconfig !== '', "cannot use 'kubeconfig_file' and 'api_server' simultaneously"],
      [
        kubeconfig !== '' && !isDefaultClient,
        "cannot use a custom HTTP client configuration together with 'kubeconfig_file'",
      ],
      [
        server === '' && !isDefaultClient,
        "to use custom HTTP client configuration please provide the 'api_server' URL explicitly",
      ],
      [
        server !== '' && namespaces.own_namespace,
        "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously",
      ],
      [
        kubeconfig !== '' && namespaces.own_namespace,
        "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously",
      ],
    ]
    for (const [holds, problem] of problems) if (holds) throw new ConfigError(problem)
    checkSelectors(config.role, config.selectors)
    return checked
  },
)

function checkSelectors(
  of: KubernetesRole,
  selectors: readonly { readonly role: string; readonly label: string; readonly field: string }[],
): void {
  const seen = new Set<string>()
  for (const selector of selectors) {
    if (seen.has(selector.role)) throw new ConfigError(`duplicated selector role: ${selector.role}`)
    seen.add(selector.role)
    if (!SELECTOR_ROLES[of].includes(selector.role)) {
      throw new ConfigError(`${of} role supports only ${SELECTOR_ROLES[of].join(', ')} selectors`)
    }
    try {
      if (selector.field !== '') parseFieldSelector(selector.field)
      if (selector.label !== '') parseLabelSelector(selector.label)
    } catch (failure) {
      throw new ConfigError(failure instanceof Error ? failure.message : String(failure), { cause: failure })
    }
  }
}

function each<T>(type: ConfigType<T>, name: string): ConfigType<readonly T[]> {
  return list(type, { nullProblem: `empty or null section in ${name}` })
}

const FOREIGN = Object.fromEntries(
  Object.entries(FOREIGN_DISCOVERIES).map(([name, type]) => [name, each(type, name)]),
) as { readonly [Name in keyof typeof FOREIGN_DISCOVERIES]: ConfigType<readonly Readonly<Record<string, unknown>>[]> }

/** To be spread among the fields of what has targets. */
export const DISCOVERY_FIELDS = {
  ...FOREIGN,
  file_sd_configs: each(FILE_DISCOVERY, 'file_sd_configs'),
  http_sd_configs: each(HTTP_DISCOVERY, 'http_sd_configs'),
  kubernetes_sd_configs: each(KUBERNETES_DISCOVERY, 'kubernetes_sd_configs'),
  static_configs: each(TARGET_GROUP, 'static_configs'),
}

export type DiscoveryConfigs = {
  readonly [Name in keyof typeof DISCOVERY_FIELDS]: ConfigOf<(typeof DISCOVERY_FIELDS)[Name]>
}
export type FileDiscoveryConfig = ConfigOf<typeof FILE_DISCOVERY>
export type HttpDiscoveryConfig = ConfigOf<typeof HTTP_DISCOVERY>
export type KubernetesDiscoveryConfig = ConfigOf<typeof KUBERNETES_DISCOVERY>

/** Names of discoveries that are configured and that nobody here runs. */
export function foreignDiscoveriesOf(configs: DiscoveryConfigs): readonly string[] {
  const names = Object.keys(FOREIGN_DISCOVERIES) as (keyof typeof FOREIGN_DISCOVERIES)[]
  return names.filter((name) => configs[name].length > 0)
}

/** An address is no URL. */
export function checkStaticTargets({ static_configs: groups }: Pick<DiscoveryConfigs, 'static_configs'>): void {
  for (const target of groups.flatMap(({ targets }) => targets)) checkTargetAddress(target)
}

function checkTargetAddress(address: string): void {
  if (address.includes('/')) throw new ConfigError(`${quoted(address)} is not a valid hostname`)
}
