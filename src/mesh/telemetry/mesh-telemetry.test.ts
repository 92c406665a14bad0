import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import type { TelemetrySpec } from '../config/types/telemetry.ts'
import { compile } from '../snapshot.ts'
import { metricsText } from './exposed-family.ts'
import { MeshTelemetry } from './mesh-telemetry.ts'
import { CART, exchangeRecord, WEB } from '../../../test/support/mesh-records.ts'
import type { MeshSpan } from './trace/span.ts'

function telemetry(spec: TelemetrySpec, namespace = 'istio-system', name = 'mesh'): ApiObject {
  return { apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry', metadata: { name, namespace }, spec } as ApiObject
}

/** What is logged and told of one request, with the status, of `web`. */
function told(objects: readonly ApiObject[], change: Partial<MeshConfig> = {}, status = 200) {
  const snapshot = compile(objects, { ...DEFAULT_MESH, ...change })
  const lines: string[] = []
  const spans: MeshSpan[] = []
  const subject = new MeshTelemetry({
    snapshot: () => snapshot,
    log: (line, { path }) => lines.push(`${path} ${line}`),
    spans: { span: (span) => spans.push(span) },
  })
  const sentHeaders = ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']
  subject.exchange(exchangeRecord({ status, sentHeaders }))
  return { lines, spans, subject }
}

const FILE = { name: 'file', envoyFileAccessLog: { path: '/log', logFormat: { text: '%RESPONSE_CODE%' } } }
const LATE = { name: 'late', envoyFileAccessLog: { logFormat: { labels: { ms: '%DURATION%' } } } }
const providers: Partial<MeshConfig> = { extensionProviders: [FILE, LATE] }

describe('the access log', () => {
  test('is off, or the mesh’s own file', () => {
    expect(told([]).lines).toEqual([])
    const [line] = told([], { accessLogFile: '/dev/stdout' }).lines
    expect(line).toMatch(/^\/dev\/stdout \[2026-01-05T10:00:00.123Z] "GET /)
  })

  test('of the mesh has its format and encoding', () => {
    const file = { accessLogFile: '/dev/stdout' }
    expect(told([], { ...file, accessLogFormat: '%ROUTE_NAME%' }).lines).toEqual(['/dev/stdout default\n'])
    const json = { ...file, accessLogEncoding: 'JSON' as const, accessLogFormat: '{"a": "%RESPONSE_CODE%"}' }
    expect(told([], json).lines).toEqual(['/dev/stdout {"a":200}\n'])
  })

  test('goes to the providers that a Telemetry names, if its filter is true', () => {
    const rule = telemetry({
      accessLogging: [{ providers: [{ name: 'file' }], filter: { expression: 'response.code >= 400' } }],
    })
    expect(told([rule], providers).lines).toEqual([])
    expect(told([rule], providers, 404).lines).toEqual(['/log 404\n'])
  })

  test('goes where the narrowest Telemetry says, or nowhere', () => {
    const mesh = telemetry({ accessLogging: [{ providers: [{ name: 'file' }] }] })
    const other = telemetry({ accessLogging: [{ providers: [{ name: 'late' }] }] }, 'shop', 'shop')
    expect(told([mesh, other], providers).lines).toEqual(['/dev/stdout {"ms":12}\n'])
    const selector = { matchLabels: { app: 'web' } }
    const off = telemetry({ selector, accessLogging: [{ disabled: true }] }, 'shop', 'web')
    expect(told([mesh, off], providers).lines).toEqual([])
    const client = telemetry({ accessLogging: [{ match: { mode: 'SERVER' }, disabled: true }] }, 'shop', 'shop')
    expect(told([mesh, client], providers).lines).toEqual(['/log 200\n'])
  })

  test('of a Telemetry without a provider is the mesh’s own, without its filter: so does Istio', () => {
    const rule = telemetry({ accessLogging: [{ filter: { expression: 'response.code >= 400' } }] })
    expect(told([rule], { accessLogFile: '/dev/stdout' }).lines).toHaveLength(1)
  })

  test('whose format cannot be read is the default', () => {
    const [line] = told([], { accessLogFile: '/dev/stdout', accessLogFormat: '%NONE%' }).lines
    expect(line).toContain('via_upstream')
  })
})

describe('spans', () => {
  const zipkin: Partial<MeshConfig> = { extensionProviders: [{ name: 'z', zipkin: {} }] }

  test('are told when tracing is on, or a Telemetry names a provider', () => {
    expect(told([]).spans).toEqual([])
    expect(told([], { enableTracing: true }).spans).toHaveLength(1)
    expect(told([telemetry({ tracing: [{ providers: [{ name: 'z' }] }] })], zipkin).spans).toHaveLength(1)
    expect(
      told([telemetry({ tracing: [{ providers: [{ name: 'z' }], disableSpanReporting: true }] })], zipkin).spans,
    ).toEqual([])
  })

  test('are none where a Telemetry names nobody to tell, even if the mesh has tracing on: so does Istio', () => {
    const rule = telemetry({ tracing: [{ randomSamplingPercentage: 100 }] })
    const { spans, subject } = told([rule], { enableTracing: true })
    expect(spans).toEqual([])
    expect(subject.tracing(WEB, 'client')).toBeUndefined()
  })

  test('are sampled as the narrowest says, with the tags that it names', () => {
    const mesh = telemetry({ tracing: [{ providers: [{ name: 'z' }], randomSamplingPercentage: 5 }] })
    const customTags = { env: { literal: { value: 'test' } }, agent: { header: { name: 'User-Agent' } } }
    const shop = telemetry({ tracing: [{ randomSamplingPercentage: 50, customTags }] }, 'shop', 'shop')
    const { subject, spans } = told([mesh, shop], zipkin)
    expect(subject.tracing(WEB, 'client')).toMatchObject({ samplingPercent: 50, propagation: 'b3-multi' })
    expect(subject.tracing({ ...WEB, namespace: 'bank' }, 'server')).toMatchObject({ samplingPercent: 5 })
    expect(spans[0]?.tags).toMatchObject({ env: 'test', agent: 'curl/8.0' })
  })

  test('have the tags of the mesh where no Telemetry names any, and its identifier', () => {
    const tracingCustomTags = { team: { literal: { value: 'tea' } } }
    const { spans } = told([], { enableTracing: true, tracingCustomTags, meshId: 'bazaar' })
    expect(spans[0]?.tags).toMatchObject({ team: 'tea', 'istio.mesh_id': 'bazaar' })
    expect(told([], { enableTracing: true, tracingIstioTags: false }).spans[0]?.tags).not.toHaveProperty(
      'istio.mesh_id',
    )
  })

  test('are not told to a provider of something else', () => {
    const rule = telemetry({ tracing: [{ providers: [{ name: 'file' }] }] })
    expect(told([rule], { ...providers, enableTracing: true }).spans).toEqual([])
  })

  test('of a gateway go on as a span of their own where a Telemetry names a provider', () => {
    const rule = telemetry({ tracing: [{ providers: [{ name: 'z' }], useRequestIdForTraceSampling: false }] })
    const { subject } = told([rule], zipkin)
    expect(subject.tracing({ ...WEB, type: 'gateway' }, 'client')).toMatchObject({ spawnsUpstream: true })
    expect(subject.tracing(WEB, 'client')).toMatchObject({ spawnsUpstream: false, usesRequestId: false })
  })
})

test('metrics follow a Telemetry as soon as it is there', () => {
  let snapshot = compile([], DEFAULT_MESH)
  const subject = new MeshTelemetry({ snapshot: () => snapshot })
  subject.exchange(exchangeRecord({ proxy: CART, reporter: 'destination' }))
  const text = () => metricsText(subject.metrics.families(CART))
  expect(text()).toContain('istio_request_bytes')
  snapshot = compile(
    [telemetry({ metrics: [{ overrides: [{ match: { metric: 'REQUEST_SIZE' }, disabled: true }] }] })],
    DEFAULT_MESH,
  )
  expect(text()).not.toContain('istio_request_bytes')
  expect(text()).toContain('istio_requests_total')
})
