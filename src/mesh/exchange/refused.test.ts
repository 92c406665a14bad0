import { describe, expect, test } from 'vitest'
import { CART_PODS, meshObject, MeshShop, WEB } from '../../../test/support/mesh-shop.ts'
import { connectionRecord, exchangeRecord } from '../../../test/support/mesh-records.ts'
import { DEFAULT_TEXT_FORMAT, textFormat } from '../telemetry/access-log/log-format.ts'
import { connectionLabels, requestLabels } from '../telemetry/labels.ts'
import { NO_HTTP } from './refused.ts'
import type { Admission, IncomingConnection } from './steps.ts'

const NOW_MS = exchangeRecord().endMs
const log = textFormat(DEFAULT_TEXT_FORMAT)

/** Of a pod's proxy: `cart`'s for what comes in, `web`'s for what goes out. */
function admitted(shop: MeshShop, change: Partial<IncomingConnection>, spoken: 'HTTP' | 'bytes' = 'HTTP'): Admission {
  const connection: IncomingConnection = {
    direction: 'outbound',
    destination: { address: '10.96.0.1', port: 80 },
    source: { address: WEB, port: 40_000 },
    tls: 'plaintext',
    ...(spoken === 'HTTP' && { alpn: 'http/1.1' }),
    ...change,
  }
  const owner = shop.mesh.workloadAt(connection.direction === 'inbound' ? connection.destination.address : WEB)
  if (owner === undefined) throw new Error('nobody is there')
  return shop.mesh.proxyOf(owner).admit(connection)
}

function refused(shop: MeshShop, change: Partial<IncomingConnection>): string {
  const admission = admitted(shop, change)
  if (admission.kind !== 'refuse') throw new Error(`it is ${admission.kind}`)
  admission.tell?.(NOW_MS)
  return admission.reason
}

const CART_POD = { address: CART_PODS[0] ?? '', port: 8080 }
const STRICT = meshObject('PeerAuthentication', 'strict', { mtls: { mode: 'STRICT' } })

describe('a request that could not be read', () => {
  test('is logged as Envoy does, and counted for nobody known', () => {
    const shop = new MeshShop()
    const admission = admitted(shop, {})
    if (admission.kind !== 'http') throw new Error(`it is ${admission.kind}`)
    admission.refused?.(NO_HTTP, NOW_MS)
    const [record] = shop.records
    if (record === undefined) throw new Error('nothing was told')
    expect(log(record)).toBe(
      '[2026-01-05T10:00:00.135Z] "- - HTTP/1.1" 400 DPE http1.codec_error - "-" 0 11 0 - "-" "-" "-" "-" "-" - - ' +
        '10.96.0.1:80 10.0.0.1:40000 - -\n',
    )
    const labels = requestLabels(record)
    expect(labels.slice(0, 2)).toEqual(['source', 'web'])
    expect(labels.slice(9, 20)).toEqual(Array.from({ length: 11 }, (_, index) => (index === 7 ? 'latest' : 'unknown')))
    expect(labels.slice(20)).toEqual(['http', '400', '', 'DPE', 'unknown'])
  })

  test('counts at the called side for the pod that it came to', () => {
    const shop = new MeshShop()
    const admission = admitted(shop, { direction: 'inbound', destination: CART_POD })
    if (admission.kind !== 'http') throw new Error(`it is ${admission.kind}`)
    admission.refused?.({ ...NO_HTTP, status: 408, details: 'request_header_timeout', tookMs: 500 }, NOW_MS)
    expect(shop.records).toMatchObject([
      { reporter: 'destination', destination: { canonicalName: 'cart' }, source: { name: 'web' }, flags: [] },
    ])
    expect(shop.records[0]?.startMs).toBe(NOW_MS - 500)
  })

  test('since its client went away is logged alone', () => {
    const shop = new MeshShop()
    const admission = admitted(shop, {})
    if (admission.kind !== 'http') throw new Error(`it is ${admission.kind}`)
    admission.refused?.({ status: 0, details: 'downstream_remote_disconnect', responseBytes: 0, tookMs: 0 }, NOW_MS)
    expect(shop.records).toEqual([])
    expect(shop.uncounted.map(log)).toEqual([
      expect.stringContaining('"- - HTTP/1.1" 0 DC downstream_remote_disconnect '),
    ])
  })

  test('may be bytes on a port where HTTP is spoken', () => {
    const shop = new MeshShop()
    const admission = admitted(shop, { direction: 'inbound', destination: CART_POD }, 'bytes')
    if (admission.kind !== 'refuse') throw new Error(`it is ${admission.kind}`)
    admission.tell?.(NOW_MS)
    expect(shop.records).toMatchObject([{ status: 400, flags: ['DPE'] }])
  })
})

describe('a connection that no listener is for', () => {
  test('is logged with Envoy’s word for it, and counted nowhere', () => {
    const shop = new MeshShop([STRICT])
    expect(refused(shop, { direction: 'inbound', destination: CART_POD })).toBe('no-filter-chain')
    expect([shop.records, shop.connections]).toEqual([[], []])
    expect(shop.uncounted.map(log)).toEqual([
      '[2026-01-05T10:00:00.135Z] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - ' +
        '10.0.1.1:8080 10.0.0.1:40000 - -\n',
    ])
  })
})

test('plain bytes to a workload of this process that takes none are told of where they would have come', () => {
  const disable = meshObject('DestinationRule', 'cart', { host: 'cart', trafficPolicy: { tls: { mode: 'DISABLE' } } })
  const shop = new MeshShop([STRICT, disable], { fuses: true })
  shop.exchange().start(NOW_MS)
  expect(shop.uncounted).toMatchObject([
    { reporter: 'destination', flags: ['NR'], destination: { canonicalName: 'cart' }, source: { name: 'web' } },
  ])
})

test('a connection that leads nowhere counts as one to the black hole', () => {
  const shop = new MeshShop([], { mesh: { outboundMode: 'REGISTRY_ONLY' } })
  expect(refused(shop, { destination: { address: '203.0.113.1', port: 9000 } })).toBe('black-hole')
  const [record = connectionRecord()] = shop.connections
  expect(log(record)).toContain('"- - -" 0 UH - - "-" 0 0 0 - "-" "-" "-" "-" "-" BlackHoleCluster - 203.0.113.1:9000 ')
  expect(connectionLabels(record)).toContain('BlackHoleCluster')
})
