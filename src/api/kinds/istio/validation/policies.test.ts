import { describe, expect, test } from 'vitest'
import { validateEnvoyFilter } from './envoy-filter.ts'
import { validatePeerAuthentication } from './peer-authentication.ts'
import { printErrors, type Problem } from './problem.ts'
import { validateProxyConfig } from './proxy-config.ts'
import { validateRequestAuthentication } from './request-authentication.ts'
import { validateTelemetry } from './telemetry.ts'
import { validateTrafficExtension, validateWasmPlugin } from './wasm-plugin.ts'
import { validateWorkloadEntry } from './workload-entry.ts'
import { validateWorkloadGroup } from './workload-group.ts'

function warningsIn(problems: Iterable<Problem>): readonly string[] {
  return [...problems].flatMap(({ severity, text }) => (severity === 'warning' ? [text] : []))
}

test.each([
  [{ portLevelMtls: { 80: {} } }, 'mesh/namespace peer authentication cannot have port level mTLS'],
  [{ selector: { matchLabels: { a: 'b' } }, portLevelMtls: { 0: {} } }, 'port must be in range 1..65535'],
  [{ selector: { matchLabels: { a: '*' } } }, 'wildcard is not supported in selector: "a=*"'],
])('a PeerAuthentication is refused: %j', (spec, error) => {
  expect(printErrors(validatePeerAuthentication(spec))).toBe(error)
})

test.each([
  [{}, 'issuer or jwksUri must be non-empty string'],
  [{ issuer: 'a', jwksUri: 'ftp://a' }, 'URI scheme "ftp" is not supported'],
  [{ issuer: 'a', audiences: [''] }, 'audience must be non-empty string'],
  [{ issuer: 'a', jwks: '{' }, 'jwks parse error: failed to unmarshal JWK set: unexpected end of JSON input'],
  [
    { issuer: 'a', outputClaimToHeaders: [{ header: 'a b', claim: 'c' }] },
    'header name a b is not a valid header name',
  ],
])('a rule of a RequestAuthentication is refused, in a list: %j', (rule, error) => {
  expect(printErrors(validateRequestAuthentication({ jwtRules: [rule] }))).toBe(`1 error occurred:\n\t* ${error}\n\n`)
})

test('a private key in a RequestAuthentication is warned of', () => {
  const jwks = '{"keys":[{"kty":"oct","k":"AAA"}]}'
  expect(warningsIn(validateRequestAuthentication({ jwtRules: [{ issuer: 'a', jwks }] }))).toEqual([
    'jwks key at index 0 contains private key material; only public keys are used for verification',
  ])
})

test.each([
  [{ tracing: [{ randomSamplingPercentage: 101 }] }, 'randomSamplingPercentage must be in range [0.0, 100.0]'],
  [{ tracing: [{ customTags: { a: { literal: {} } } }] }, 'literal tag value may not be empty'],
  [{ metrics: [{ providers: [{}] }] }, 'providers.name may not be empty'],
  [
    { metrics: [{ overrides: [{ tagOverrides: { a: {} } }] }] },
    'tagOverrides.value must be set when operation is UPSERT',
  ],
])('a Telemetry is refused: %j', (spec, error) => {
  expect(printErrors(validateTelemetry(spec))).toBe(error)
})

test('a log filter that is no expression is refused, and shown', () => {
  const [problem] = validateTelemetry({ accessLogging: [{ filter: { expression: ')' } }] })
  expect(problem?.text).toMatch(
    /^must be a valid CEL expression, ERROR: <input>:1:1: Syntax error: .*\n \| \)\n \| \^$/,
  )
})

test('a ProxyConfig is refused for less than no threads', () => {
  expect(printErrors(validateProxyConfig({ concurrency: -1 }))).toBe('concurrency must be greater than or equal to 0')
})

test.each([
  [{}, 'address is required'],
  [{ address: 'a b' }, 'endpoint address "a b" is not a valid FQDN or an IP address'],
  [{ address: 'unix:///x', ports: { a: 1 } }, 'unix endpoint unix:///x must not include ports'],
  [{ address: '10.0.0.1', ports: { 'a.b': 80 } }, 'invalid port name: a.b'],
])('a WorkloadEntry is refused: %j', (spec, error) => {
  expect(printErrors(validateWorkloadEntry(spec))).toBe(error)
})

test.each([
  [{}, 'template is required'],
  [{ template: {}, probe: {} }, 'unknown health check method <nil>'],
  [{ template: {}, probe: { exec: {} } }, 'exec.command is required'],
  [
    { template: {}, metadata: { labels: { a: '*' } } },
    'invalid labels: 1 error occurred:\n\t* invalid tag value: "*"\n\n',
  ],
])('a WorkloadGroup is refused: %j', (spec, error) => {
  expect(printErrors(validateWorkloadGroup(spec))).toBe(error)
})

test.each([
  [{}, 'url field needs to be set'],
  [{ url: 'ftp://a' }, 'url contains unsupported scheme: ftp'],
  [{ url: 'oci://a', sha256: 'a' }, 'sha256 field must be 64 characters long'],
  [{ url: 'docker.io/a:1', match: [{ ports: [{ number: 0 }] }] }, 'spec.Match[0].Ports[0] is out of range: 0'],
  [{ url: 'a', pluginName: 'x'.repeat(257) }, 'pluginName field must be less than 255 characters long'],
])('a WasmPlugin is refused: %j', (spec, error) => {
  expect(printErrors(validateWasmPlugin(spec))).toBe(error)
})

test.each([
  [{}, 'exactly one of wasm or lua must be set'],
  [{ lua: {} }, 'lua.inlineCode cannot be empty'],
  [{ wasm: { url: 'oci://a', pluginName: 'x'.repeat(257) } }, 'pluginName field must be less than 256 characters long'],
])('a TrafficExtension is refused: %j', (spec, error) => {
  expect(printErrors(validateTrafficExtension(spec))).toBe(error)
})

describe('an EnvoyFilter', () => {
  const patch = { operation: 'MERGE', value: {} }

  test('is always warned of', () => {
    expect(warningsIn(validateEnvoyFilter({}))).toEqual([
      'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
    ])
  })

  test.each([
    [{}, 'missing applyTo'],
    [{ applyTo: 'LISTENER', patch: { operation: 'MERGE' } }, 'missing patch value for non-remove operation'],
    [
      { applyTo: 'CLUSTER', match: { listener: {} }, patch },
      'applyTo for cluster class objects cannot have non cluster match',
    ],
    [
      { applyTo: 'LISTENER', match: { proxy: { proxyVersion: '(' } }, patch },
      'invalid regex for proxy version, [error parsing regexp: missing closing ): `(`]',
    ],
  ])('is refused: %j', (configPatch, error) => {
    expect(printErrors(validateEnvoyFilter({ configPatches: [configPatch] }))).toBe(`Envoy filter: ${error}`)
  })

  test('that names a filter in the old way is warned of', () => {
    const filter = { name: 'envoy.http_connection_manager' }
    const match = { listener: { filterChain: { filter } } }
    const [, renamed] = warningsIn(
      validateEnvoyFilter({ configPatches: [{ applyTo: 'NETWORK_FILTER', match, patch }] }),
    )
    expect(renamed).toBe(
      'using deprecated filter name "envoy.http_connection_manager"; use "envoy.filters.network.http_connection_manager" instead',
    )
  })
})
