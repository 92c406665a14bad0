import { describe, expect, test } from 'vitest'
import { accessGrid } from './access-grid.ts'
import { accessOf } from './access.ts'
import { callerNamed } from './callers.ts'
import { workloadNamed } from './parties.ts'
import { writtenMesh } from '../../../test/support/written-mesh.ts'

const POLICIES = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: pay, namespace: bank }
spec:
  selector: { matchLabels: { app: pay } }
  rules:
  - from:
    - source:
        principals: [cluster.local/ns/shop/sa/web]
    to:
    - operation:
        methods: [POST]
  - when:
    - key: request.headers[x-team]
      values: [audit]
    - key: source.ip
      notValues: [192.0.2.1]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: bank }
spec:
  mtls:
    mode: STRICT
`
const model = writtenMesh(POLICIES)
const target = workloadNamed(model, 'pay.bank').workload

function access(caller: string, method: string, options: { address?: string; headers?: Record<string, string> } = {}) {
  const request = { method, scheme: 'http', authority: 'pay', path: '/', headers: options.headers ?? {} }
  return accessOf(model, { caller: callerNamed(model, caller, options.address), target, port: 8080, request })
}

describe('whether a caller may do something', () => {
  test('is decided by a rule, with its line', () => {
    expect(access('web.shop', 'POST')).toMatchObject({
      allowed: true,
      policy: 'AuthorizationPolicy bank/pay',
      rule: 0,
      place: { line: 7 },
    })
  })

  test('or each rule that could have allowed it says what is lacking, and where', () => {
    const { allowed, missed } = access('web.shop', 'GET')
    expect(allowed).toBe(false)
    expect(missed.map(({ rule, why, place }) => [rule, why, place.line])).toEqual([
      [0, 'methods POST: it is GET', 12],
      [1, 'request.headers[x-team] audit: it is not there', 14],
    ])
    const audited = access('web.shop', 'GET', { address: '192.0.2.1', headers: { 'x-team': 'audit' } })
    expect(audited.missed[1]).toMatchObject({ why: 'source.ip not 192.0.2.1: it is 192.0.2.1', place: { line: 16 } })
  })

  test('is no question for who has no certificate where mutual TLS is demanded', () => {
    expect(access('anyone', 'POST')).toMatchObject({
      allowed: false,
      policy: 'PeerAuthentication bank/strict',
      place: { line: 24 },
    })
  })
})

test('a token is asked about what it says', () => {
  const audited = POLICIES.replace('request.headers[x-team]', 'request.auth.claims[team]')
  const mesh = writtenMesh(audited)
  const ask = (claims?: Record<string, unknown>) =>
    accessOf(mesh, {
      caller: callerNamed(mesh, 'sa:any.shop', undefined),
      target: workloadNamed(mesh, 'pay.bank').workload,
      port: 8080,
      request: { method: 'GET', scheme: 'http', authority: 'pay', path: '/', headers: {}, ...(claims && { claims }) },
    })
  expect(ask({ team: ['audit'] })).toMatchObject({ allowed: true, rule: 1 })
  expect(ask().missed[1]).toMatchObject({ why: 'request.auth.claims[team] audit: there is no token' })
})

test('a grid tells apart what the policies tell apart, and nothing else', () => {
  const { operations, rows } = accessGrid(model, target, [])
  expect(operations).toEqual(['POST /other', 'GET /other'])
  const lines = rows.map(({ caller, address = '', headers = '', cells }) =>
    [caller, address, headers, ...cells.map(({ allowed }) => (allowed ? 'yes' : 'no'))].join(' '),
  )
  expect(lines).toEqual([
    'shop/web 192.0.2.1  yes no',
    'shop/web elsewhere x-team: audit yes yes',
    'shop/web elsewhere x-team: other | none yes no',
    'other/other 192.0.2.1  no no',
    'other/other elsewhere x-team: audit yes yes',
    'other/other elsewhere x-team: other | none no no',
    'no certificate   no no',
  ])
})

test('who else has to agree is told with its rule, and not asked', () => {
  const mesh = writtenMesh(`apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    extensionProviders:
    - name: fraud
      envoyExtAuthzGrpc: { service: fraud.bank.svc.cluster.local, port: 9000 }
---
apiVersion: v1
kind: Service
metadata: { name: fraud, namespace: bank }
spec: { clusterIP: 10.96.0.9, ports: [{ name: grpc, port: 9000 }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ask, namespace: bank }
spec:
  action: CUSTOM
  provider: { name: fraud }
  rules:
  - to:
    - operation:
        methods: [POST]
`)
  const { workload } = workloadNamed(mesh, 'pay.bank')
  const ask = (method: string) => {
    const request = { method, scheme: 'http', authority: 'pay', path: '/', headers: {} }
    return accessOf(mesh, { caller: callerNamed(mesh, 'web.shop', undefined), target: workload, port: 8080, request })
  }
  expect(ask('POST')).toMatchObject({
    allowed: true,
    externalChecks: [
      {
        provider: 'fraud',
        over: 'gRPC',
        at: 'fraud.bank.svc.cluster.local:9000',
        policy: 'AuthorizationPolicy bank/ask',
        rule: 0,
        place: { line: 22 },
      },
    ],
  })
  expect(ask('GET').externalChecks).toEqual([])
  const { rows } = accessGrid(mesh, workload, [callerNamed(mesh, 'web.shop', undefined)])
  expect(rows.flatMap(({ cells }) => cells).map(({ asks }) => asks)).toContainEqual(['fraud'])
})
