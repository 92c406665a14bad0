import { urlParts } from './fields.ts'
import { checkHttpClient, HTTP_CLIENT_FIELDS, type HttpClientConfig, TLS } from './http-client.ts'
import {
  bool,
  ConfigError,
  type ConfigType,
  count,
  duration,
  list,
  mapOf,
  path,
  quoted,
  secret,
  struct,
  text,
} from './schema.ts'

/**
 * Discoveries that are not run here: their configuration is read and checked as upstream does, so that a file can be
 * checked as a whole and printed back (prometheus: discovery/*).
 */

type Fields = Readonly<Record<string, ConfigType<unknown>>>
type Values = Readonly<Record<string, unknown>>

interface Foreign {
  readonly fields: Fields
  readonly http?: boolean
  readonly check?: (config: Values) => void
}

function foreign({ fields, http = true, check }: Foreign): ConfigType<Values> {
  const all: Fields = http ? { ...HTTP_CLIENT_FIELDS, ...fields } : fields
  return struct('discovery.plain', all, (config: Values) => {
    check?.(config)
    return http ? checkHttpClient(config as Values & HttpClientConfig) : config
  }) as ConfigType<Values>
}

function fail(message: string): never {
  throw new ConfigError(message)
}

/** Each of these must be there; the message names it. */
function required(config: Values, names: readonly string[], message: (name: string) => string): void {
  for (const name of names) {
    const value = config[name]
    if (value === '' || (Array.isArray(value) && value.length === 0)) fail(message(name))
  }
}

function knownRole(roles: readonly string[], message: (given: string) => string, missing: string) {
  return ({ role }: Values): void => {
    if (role === '') fail(missing)
    if (!roles.includes(String(role))) fail(message(quoted(String(role))))
  }
}

function oneSecretKey({ secret_key: key, secret_key_file: file }: Values): void {
  if (key === '' && file === '') fail('one of secret_key & secret_key_file must be configured')
  if (key !== '' && file !== '') fail('at most one of secret_key & secret_key_file must be configured')
}

/** An address with a scheme and a host. */
export function checkDiscoveryUrl(url: string): void {
  if (url === '') fail('URL is missing')
  const { scheme, host } = urlParts(url)
  if (scheme !== 'http' && scheme !== 'https') fail("URL scheme must be 'http' or 'https'")
  if (host === '') fail('host is missing in URL')
}

function texts(names: string): Fields {
  return Object.fromEntries(names.split(' ').map((name) => [name, text()]))
}

const MINUTE_MS = 60_000
const FILTERS = list(struct('discovery.Filter', { name: text(), values: list(text()) }))
const ZOOKEEPER = { servers: list(text()), paths: list(text()), timeout: duration(10_000) }
const AWS = {
  ...texts('endpoint region access_key profile role_arn external_id'),
  secret_key: secret,
  refresh_interval: duration(MINUTE_MS),
  port: count(80),
}

function zookeeper(name: string) {
  return foreign({
    http: false,
    fields: ZOOKEEPER,
    check(config) {
      required(config, ['servers'], () => `${name} SD config must contain at least one Zookeeper server`)
      required(config, ['paths'], () => `${name} SD config must contain at least one path`)
      const relative = (config['paths'] as string[]).find((each) => !each.startsWith('/'))
      if (relative !== undefined) fail(`${name} SD config paths must begin with '/': ${relative}`)
    },
  })
}

const AWS_ROLES = ['ec2', 'ecs', 'elasticache', 'lightsail', 'msk', 'rds']
const AZURE_METHODS = ['OAuth', 'ManagedIdentity', 'SDK', 'WorkloadIdentity']

export const FOREIGN_DISCOVERIES = {
  aws_sd_configs: foreign({
    fields: { role: text(), ...AWS, clusters: list(text()), filters: FILTERS },
    check: knownRole(AWS_ROLES, (role) => `unknown AWS SD role ${role}`, 'unknown AWS SD role ""'),
  }),
  azure_sd_configs: foreign({
    fields: {
      environment: text('AzurePublicCloud'),
      port: count(80),
      ...texts('subscription_id tenant_id client_id resource_group'),
      client_secret: secret,
      refresh_interval: duration(5 * MINUTE_MS),
      authentication_method: text('OAuth'),
    },
    check(config) {
      const method = String(config['authentication_method'])
      const names =
        method === 'OAuth' ? ['subscription_id', 'tenant_id', 'client_id', 'client_secret'] : ['subscription_id']
      required(config, names, (name) => `azure SD configuration requires a ${name}`)
      if (AZURE_METHODS.includes(method)) return
      const [a, b, c, d] = AZURE_METHODS.map((each) => quoted(each))
      fail(`unknown authentication_type ${quoted(method)}. Supported types are ${a}, ${b}, ${c} or ${d}`)
    },
  }),
  consul_sd_configs: foreign({
    fields: {
      server: text('localhost:8500'),
      ...texts('path_prefix datacenter namespace partition username filter health_filter'),
      token: secret,
      tag_separator: text(','),
      scheme: text('http'),
      password: secret,
      allow_stale: bool(true),
      refresh_interval: duration(30_000),
      services: list(text()),
      tags: list(text()),
      node_meta: mapOf(text()),
    },
    check(config) {
      required(config, ['server'], () => 'consul SD configuration requires a server address')
      if (config['token'] !== '' && (config['authorization'] !== undefined || config['oauth2'] !== undefined)) {
        fail('at most one of consul SD token, authorization, or oauth2 can be configured')
      }
    },
  }),
  digitalocean_sd_configs: foreign({
    fields: { refresh_interval: duration(MINUTE_MS), port: count(80), role: text('droplets') },
    check: knownRole(
      ['droplets', 'databases'],
      (role) => `unknown DigitalOcean SD role ${role}`,
      'role missing (one of: droplets, databases)',
    ),
  }),
  dns_sd_configs: foreign({
    http: false,
    fields: { names: list(text()), refresh_interval: duration(30_000), type: text('SRV'), port: count() },
    check(config) {
      required(config, ['names'], () => 'DNS-SD config must contain at least one SRV record name')
      const type = String(config['type'])
      if (!['SRV', 'A', 'AAAA', 'MX', 'NS'].includes(type.toUpperCase())) fail(`invalid DNS-SD records type ${type}`)
      if (type.toUpperCase() !== 'SRV' && config['port'] === 0) {
        fail('a port is required in DNS-SD configs for all record types except SRV')
      }
    },
  }),
  docker_sd_configs: foreign({
    fields: {
      host: text(),
      port: count(80),
      filters: FILTERS,
      host_networking_host: text('localhost'),
      refresh_interval: duration(MINUTE_MS),
      match_first_network: bool(true),
    },
    check: (config) => required(config, ['host'], () => 'host missing'),
  }),
  dockerswarm_sd_configs: foreign({
    fields: { host: text(), role: text(), port: count(80), filters: FILTERS, refresh_interval: duration(MINUTE_MS) },
    check(config) {
      required(config, ['host'], () => 'host missing')
      required(config, ['role'], () => 'role missing (one of: tasks, services, nodes)')
      const role = String(config['role'])
      if (!['services', 'nodes', 'tasks'].includes(role)) {
        fail(`invalid role ${role}, expected tasks, services, or nodes`)
      }
    },
  }),
  ec2_sd_configs: foreign({
    fields: { ...AWS, filters: FILTERS },
    check({ filters }) {
      if ((filters as { values: string[] }[]).some(({ values }) => values.length === 0)) {
        fail('EC2 SD configuration filter values cannot be empty')
      }
    },
  }),
  eureka_sd_configs: foreign({
    fields: { server: text(), refresh_interval: duration(30_000) },
    check(config) {
      required(config, ['server'], () => 'eureka_sd: empty or null eureka server')
      const { scheme, host } = urlParts(String(config['server']))
      if (scheme === '' || host === '') fail('eureka_sd: invalid eureka server URL')
    },
  }),
  gce_sd_configs: foreign({
    http: false,
    fields: {
      ...texts('project zone filter'),
      refresh_interval: duration(MINUTE_MS),
      port: count(80),
      tag_separator: text(','),
    },
    check: (config) => required(config, ['project', 'zone'], (name) => `GCE SD configuration requires a ${name}`),
  }),
  hetzner_sd_configs: foreign({
    fields: { refresh_interval: duration(MINUTE_MS), port: count(80), role: text(), label_selector: text() },
    check: knownRole(['robot', 'hcloud'], (role) => `unknown role ${role}`, 'role missing (one of: robot, hcloud)'),
  }),
  ionos_sd_configs: foreign({
    fields: { datacenter_id: text(), refresh_interval: duration(MINUTE_MS), port: count(80) },
    check: (config) => required(config, ['datacenter_id'], () => "datacenter id can't be empty"),
  }),
  kuma_sd_configs: foreign({
    fields: {
      refresh_interval: duration(15_000),
      fetch_timeout: duration(2 * MINUTE_MS),
      server: text(),
      client_id: text(),
    },
    check({ server }) {
      const { scheme, host } = urlParts(String(server))
      if (server === '') fail('kuma SD server must not be empty: ')
      if (scheme === '' || host === '') fail(`kuma SD server must not be empty and have a scheme: ${String(server)}`)
    },
  }),
  lightsail_sd_configs: foreign({ fields: AWS }),
  linode_sd_configs: foreign({
    fields: { refresh_interval: duration(MINUTE_MS), port: count(80), tag_separator: text(','), region: text() },
  }),
  marathon_sd_configs: foreign({
    fields: {
      servers: list(text()),
      refresh_interval: duration(30_000),
      auth_token: secret,
      auth_token_file: path,
    },
    check(config) {
      required(config, ['servers'], () => 'marathon_sd: must contain at least one Marathon server')
      const { auth_token: token, auth_token_file: file } = config
      if (token !== '' && file !== '')
        fail('marathon_sd: at most one of auth_token & auth_token_file must be configured')
      if (token === '' && file === '') return
      if (config['basic_auth'] !== undefined) {
        fail('marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured')
      }
      if (config['bearer_token'] !== '' || config['bearer_token_file'] !== '') {
        fail(
          'marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured',
        )
      }
      if (config['authorization'] !== undefined) {
        fail('marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured')
      }
    },
  }),
  nerve_sd_configs: zookeeper('nerve'),
  nomad_sd_configs: foreign({
    fields: {
      allow_stale: bool(true),
      namespace: text('default'),
      refresh_interval: duration(MINUTE_MS),
      region: text('global'),
      server: text('http://localhost:4646'),
      tag_separator: text(','),
    },
    check: (config) => required(config, ['server'], () => 'nomad SD configuration requires a server address'),
  }),
  oci_sd_configs: foreign({
    fields: {
      auth: text('api_key'),
      ...texts('tenancy user fingerprint region'),
      key_file: path,
      key_passphrase: secret,
      key_passphrase_file: path,
      compartments: list(text()),
      port: count(80),
      refresh_interval: duration(MINUTE_MS),
    },
    check(config) {
      required(config, ['region'], () => 'oci_sd: region is required')
      const method = String(config['auth'])
      if (method === 'api_key') {
        required(
          config,
          ['tenancy', 'user', 'fingerprint', 'key_file'],
          (name) => `oci_sd: api_key auth requires ${name}`,
        )
      } else if (method !== 'instance_principal') {
        fail(`oci_sd: unknown auth method ${quoted(method)}, expected "api_key" or "instance_principal"`)
      }
    },
  }),
  openstack_sd_configs: foreign({
    http: false,
    fields: {
      ...texts(
        'identity_endpoint username userid project_name project_id domain_name domain_id application_credential_name ' +
          'application_credential_id role region',
      ),
      password: secret,
      application_credential_secret: secret,
      refresh_interval: duration(MINUTE_MS),
      port: count(80),
      all_tenants: bool(),
      tls_config: TLS,
      availability: text('public'),
    },
    check(config) {
      const availability = String(config['availability'])
      if (!['public', 'internal', 'admin'].includes(availability)) {
        fail(`unknown availability ${availability}, must be one of admin, internal or public`)
      }
      knownRole(
        ['instance', 'hypervisor', 'loadbalancer'],
        (role) => `unknown OpenStack SD role ${role}`,
        'role missing (one of: instance, hypervisor, loadbalancer)',
      )(config)
      required(config, ['region'], () => 'openstack SD configuration requires a region')
    },
  }),
  outscale_sd_configs: foreign({
    fields: {
      ...texts('endpoint region access_key'),
      secret_key: secret,
      secret_key_file: path,
      refresh_interval: duration(MINUTE_MS),
      port: count(80),
    },
    check(config) {
      required(config, ['region'], () => 'outscale SD configuration requires a region')
      required(config, ['access_key'], () => 'outscale SD configuration requires access_key')
      oneSecretKey(config)
    },
  }),
  ovhcloud_sd_configs: foreign({
    http: false,
    fields: {
      endpoint: text('ovh-eu'),
      application_key: text(),
      application_secret: secret,
      consumer_key: secret,
      refresh_interval: duration(MINUTE_MS),
      service: text(),
    },
    check(config) {
      required(
        config,
        ['endpoint', 'application_key', 'application_secret', 'consumer_key'],
        (name) => `${name.replace('_', ' ')} can not be empty`,
      )
      const service = String(config['service'])
      if (service !== 'dedicated_server' && service !== 'vps') fail(`unknown service: ${service}`)
    },
  }),
  puppetdb_sd_configs: foreign({
    fields: {
      refresh_interval: duration(MINUTE_MS),
      url: text(),
      query: text(),
      include_parameters: bool(),
      port: count(80),
    },
    check(config) {
      checkDiscoveryUrl(String(config['url']))
      required(config, ['query'], () => 'query missing')
    },
  }),
  scaleway_sd_configs: foreign({
    fields: {
      ...texts('project_id access_key name_filter role'),
      api_url: text('https://api.scaleway.com'),
      zone: text('fr-par-1'),
      secret_key: secret,
      secret_key_file: path,
      tags_filter: list(text()),
      refresh_interval: duration(MINUTE_MS),
      port: count(80),
    },
    check(config) {
      knownRole(
        ['instance', 'baremetal'],
        (role) => `unknown role ${role}`,
        'role missing (one of: instance, baremetal)',
      )(config)
      required(config, ['project_id'], (name) => `${name} is mandatory`)
      oneSecretKey(config)
      required(config, ['access_key'], (name) => `${name} is mandatory`)
    },
  }),
  serverset_sd_configs: zookeeper('serverset'),
  stackit_sd_configs: foreign({
    fields: {
      ...texts('project endpoint'),
      region: text('eu01'),
      service_account_key: secret,
      private_key: secret,
      service_account_key_path: path,
      private_key_path: path,
      credentials_file_path: path,
      refresh_interval: duration(MINUTE_MS),
      port: count(80),
    },
    check({ endpoint, region }) {
      if (endpoint === '' && region === '') fail('stackit_sd: endpoint and region missing')
      if (String(endpoint).startsWith(':')) {
        const shown = quoted(String(endpoint))
        fail(`stackit_sd: invalid endpoint ${shown}: parse ${shown}: missing protocol scheme`)
      }
    },
  }),
  triton_sd_configs: foreign({
    http: false,
    fields: {
      ...texts('account dns_suffix endpoint'),
      role: text('container'),
      groups: list(text()),
      port: count(9163),
      refresh_interval: duration(MINUTE_MS),
      tls_config: TLS,
      version: count(1),
    },
    check(config) {
      if (config['role'] !== 'container' && config['role'] !== 'cn') {
        fail("triton SD configuration requires role to be 'container' or 'cn'")
      }
      required(config, ['account'], () => 'triton SD configuration requires an account')
      required(config, ['dns_suffix'], () => 'triton SD configuration requires a dns_suffix')
      required(config, ['endpoint'], () => 'triton SD configuration requires an endpoint')
    },
  }),
  uyuni_sd_configs: foreign({
    fields: {
      ...texts('server username'),
      password: secret,
      entitlement: text('monitoring_entitled'),
      separator: text(','),
      refresh_interval: duration(MINUTE_MS),
    },
    check(config) {
      required(config, ['server'], () => 'Uyuni SD configuration requires server host')
      required(config, ['username', 'password'], (name) => `Uyuni SD configuration requires a ${name}`)
    },
  }),
  vultr_sd_configs: foreign({ fields: { refresh_interval: duration(MINUTE_MS), port: count(80) } }),
}
