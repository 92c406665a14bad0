import { describe, expect, test } from 'vitest'
import { type MeshConfig, validateMeshConfig } from './mesh-config.ts'
import { printErrors } from './problem.ts'

describe('the configuration of a mesh is refused', () => {
  test.each<[MeshConfig, string]>([
    [{ proxyListenPort: 0 }, 'invalid proxy listen port: port number 0 must be in the range 1..65535'],
    [{ connectTimeout: '2h' }, 'invalid connect timeout: time 2h0m0s must be >1ms and <1h0m0s'],
    [{ connectTimeout: 'soon' }, 'invalid connect timeout: bad Duration: time: invalid duration "soon"'],
    [
      { protocolDetectionTimeout: '1.5us' },
      'invalid protocol detection timeout: only durations to ms precision are supported',
    ],
    [{ defaultTrafficPolicy: { connectionPool: {} } }, 'connection pool must have at least one field'],
    [{ localityLbSetting: { distribute: [{ from: 'a', to: { b: 1 } }] } }, 'total locality weight 1 != 100'],
  ])('%j', (mesh, text) => {
    expect(printErrors(validateMeshConfig(mesh))).toBe(text)
  })

  test.each<[MeshConfig, string]>([
    [{ trustDomain: 'a/b' }, 'trustDomain: trust domain name "a/b" invalid'],
    [{ trustDomainAliases: ['a', ''] }, 'trustDomainAliases[1], domain `` : empty domain name not allowed'],
    [
      { serviceSettings: [{ hosts: ['-'] }] },
      'serviceSettings[0], host `-`: domain name "-" invalid (label "-" invalid)',
    ],
    [{ meshMTLS: { ecdhCurves: [] } }, 'mesh TLS does not support ECDH curves configuration'],
    [
      { defaultInboundHttpRetryPolicy: { attempts: -1 } },
      'invalid default inbound http retry policy: attempts cannot be negative',
    ],
    [
      { defaultConfig: { discoveryAddress: 'istiod' } },
      'invalid discovery address: unable to split "istiod": address istiod: missing port in address',
    ],
    [{ defaultConfig: { drainDuration: '1.5s' } }, 'drain time only supports durations to seconds precision'],
    [
      { defaultConfig: { tracing: { zipkin: { address: 'zipkin:x' } } } },
      'invalid zipkin config: port (x) is not a number: strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      { defaultConfig: { statsdUdpAddress: '-:80' } },
      'invalid statsd udp address "-:80": "-" is not a valid hostname or an IP address',
    ],
    [{ defaultConfig: { statusPort: 0 } }, 'invalid status port: port number 0 must be in the range 1..65535'],
    [
      { defaultConfig: { privateKeyProvider: { qat: { pollDelay: '0s' } } } },
      'invalid private key provider configuration: pollDelay must be non zero',
    ],
    [
      { defaultConfig: { connectionSettings: { http2InitialStreamWindowSize: 1 } } },
      'invalid connection settings: http2_initial_stream_window_size must be at least 65535',
    ],
  ])('in a list: %j', (mesh, text) => {
    expect(printErrors(validateMeshConfig(mesh))).toBe(`1 error occurred:\n\t* ${text}\n\n`)
  })
})

test('what means nothing in it is warned of', () => {
  const mesh = {
    tlsDefaults: { ecdhCurves: ['P-256', 'P-256', 'secp'] },
    defaultInboundHttpRetryPolicy: { attempts: 1, perTryTimeout: '1s' },
    defaultConfig: {
      proxyMetadata: { ISTIO_META_DNS_AUTO_ALLOCATE: 'true' },
      tracing: { zipkin: { address: '$(HOST_IP):9411' } },
    },
  }
  expect([...validateMeshConfig(mesh)].map(({ text }) => text)).toEqual([
    expect.stringContaining("'ISTIO_META_DNS_AUTO_ALLOCATE' is deprecated"),
    'detected unrecognized ECDH curves: [secp]',
    'detected duplicate ECDH curves: [P-256]',
    'perTryTimeout is ignored by the default inbound http retry policy',
  ])
})
