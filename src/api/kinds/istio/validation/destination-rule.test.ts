import { describe, expect, test } from 'vitest'
import { type DestinationRule, validateDestinationRule } from './destination-rule.ts'
import { printErrors } from './problem.ts'

const object = { name: 'reviews', namespace: 'shop', labels: {}, annotations: {} }

function errorIn(rule: DestinationRule): string | undefined {
  return printErrors(validateDestinationRule({ host: 'reviews', ...rule }, object))
}

describe('a DestinationRule is refused', () => {
  test.each<[string, DestinationRule, string]>([
    ['without a host', { host: '' }, 'empty domain name not allowed'],
    ['with an empty policy', { trafficPolicy: {} }, 'traffic policy must have at least one field'],
    ['whose subsets share a name', { subsets: [{ name: 'a' }, { name: 'a' }] }, 'duplicate subset names: a'],
    ['whose subset has a bad name', { subsets: [{ name: 'a.b' }] }, 'subset name is invalid: a.b'],
    [
      'whose subset has bad labels, which stand in a list',
      { subsets: [{ name: 'a', labels: { 'a b': 'c' } }] },
      '1 error occurred:\n\t* invalid tag key: "a b"\n\n',
    ],
    [
      'whose ports have no policy',
      { trafficPolicy: { portLevelSettings: [{ port: {} }] } },
      'port traffic policy must have at least one field',
    ],
    [
      'that tunnels and tells',
      { trafficPolicy: { tunnel: {}, proxyProtocol: {} } },
      'tunnel and proxyProtocol must not be set together',
    ],
    [
      'that tunnels nowhere',
      { trafficPolicy: { tunnel: { targetHost: '*', targetPort: 80 } } },
      'tunnel target host must be valid FQDN or IP address: domain name "*" invalid (label "*" invalid); * is not a valid IP',
    ],
    [
      'whose table is of no prime size',
      { trafficPolicy: { loadBalancer: { consistentHash: { maglev: { tableSize: 100 } } } } },
      'tableSize must be a prime number for maglev',
    ],
    [
      'whose cookie has no name',
      { trafficPolicy: { loadBalancer: { consistentHash: { httpCookie: {} } } } },
      'name required for HttpCookie',
    ],
    [
      'that ejects more than all',
      { trafficPolicy: { outlierDetection: { maxEjectionPercent: 101 } } },
      'percentage 101 is not in range 0..100',
    ],
    [
      'with less than no connections',
      { trafficPolicy: { connectionPool: { tcp: { maxConnections: -1 } } } },
      'max connections must be non-negative',
    ],
    [
      'that is mutual without a certificate',
      { trafficPolicy: { tls: { mode: 'MUTUAL', privateKey: 'k' } } },
      'client certificate required for mutual tls',
    ],
    [
      'that takes its certificates from two places',
      { trafficPolicy: { tls: { mode: 'SIMPLE', credentialName: 'a', caCertificates: 'b' } } },
      'cannot specify client certificates or CA certificate or CA CRL If credentialName is set',
    ],
    [
      'that reads a ConfigMap of another namespace',
      { trafficPolicy: { tls: { mode: 'SIMPLE', credentialName: 'configmap://other/ca' } } },
      'invalid configmap:// credentialName: namespace must match the configuration namespace "shop"',
    ],
  ])('%s', (_what, rule, error) => {
    expect(errorIn(rule)).toBe(error)
  })
})

test('a timeout of nothing turns it off', () => {
  expect(errorIn({ trafficPolicy: { connectionPool: { tcp: { idleTimeout: '0s' } } } })).toBeUndefined()
  expect(errorIn({ trafficPolicy: { connectionPool: { tcp: { connectTimeout: '0s' } } } })).toBe(
    'duration must be greater than 1ms',
  )
})

test('what is old is warned of, but not within subsets, where upstream loses the warning', () => {
  const trafficPolicy = { outlierDetection: { consecutiveErrors: 5 } }
  const warnings = (rule: DestinationRule) => [...validateDestinationRule({ host: 'a', ...rule }, object)]
  expect(warnings({ trafficPolicy })).toEqual([
    {
      severity: 'warning',
      text: 'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    },
  ])
  expect(warnings({ subsets: [{ name: 'a', trafficPolicy }] })).toEqual([])
})
