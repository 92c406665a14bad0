import { describe, expect, test } from 'vitest'
import { type Answered, readAsked, writeAnswered } from '../../../../test/support/authorization-server.ts'
import { externalAuthorizer } from '../../authorize/external-authorizer.ts'
import type { GrpcAuthorizer } from '../../config/types/extension-provider.ts'
import type { CheckedEvent } from '../steps.ts'
import type { CheckSubject } from './check-subject.ts'
import { grpcConsent, grpcQuestion } from './grpc-check.ts'

const subject: CheckSubject = {
  source: { address: '10.0.0.1', port: 40_000, principal: 'spiffe://cluster.local/ns/shop/sa/web' },
  destination: { address: '10.0.0.2', port: 8080, principal: 'spiffe://cluster.local/ns/shop/sa/cart' },
  serverName: 'outbound_.80_._.cart',
  request: {
    id: '7',
    receivedMs: 1_750_000_000_250,
    method: 'POST',
    scheme: 'http',
    authority: 'cart',
    target: '/tea?a=b',
    headers: ['x-user', 'ann', 'x-user', 'bob', 'x-envoy-auth-partial-body', 'maybe'],
    version: 'HTTP/2',
    body: undefined,
  },
}

function question(of: CheckSubject, written: GrpcAuthorizer = {}) {
  const service = 'check.shop.svc.cluster.local'
  const authorizer = externalAuthorizer({ name: 'check', envoyExtAuthzGrpc: { service, port: 80, ...written } })
  if (authorizer === undefined) throw new Error('it is an authorizer')
  return grpcQuestion(authorizer, of)
}

describe('what is asked', () => {
  test('is a call of gRPC that ends by itself', () => {
    expect(question(subject, { timeout: '0.25s' }).head).toEqual({
      method: 'POST',
      scheme: 'http',
      authority: 'check.shop.svc.cluster.local',
      target: '/envoy.service.auth.v3.Authorization/Check',
      headers: ['content-type', 'application/grpc', 'te', 'trailers', 'grpc-timeout', '250m'],
    })
    expect(question(subject).head.headers.at(-1)).toBe('600000m')
  })

  test('tells who calls whom, and the whole request', () => {
    expect(readAsked(question(subject).body)).toEqual({
      source: { address: '10.0.0.1', port: 40_000, service: '', principal: 'spiffe://cluster.local/ns/shop/sa/web' },
      destination: {
        address: '10.0.0.2',
        port: 8080,
        service: '',
        principal: 'spiffe://cluster.local/ns/shop/sa/cart',
      },
      http: {
        id: '7',
        method: 'POST',
        path: '/tea?a=b',
        host: 'cart',
        scheme: 'http',
        protocol: 'HTTP/2',
        size: 0,
        headers: {
          ':authority': 'cart',
          ':method': 'POST',
          ':path': '/tea?a=b',
          ':scheme': 'http',
          'x-user': 'ann,bob',
        },
        body: '',
        rawBody: '',
        seconds: 1_750_000_000,
      },
    })
  })

  test('of bytes that are no HTTP tells the connection alone, and the name that was asked for in TLS', () => {
    expect(readAsked(question({ ...subject, request: undefined }).body)).toMatchObject({
      destination: { service: 'outbound_.80_._.cart' },
      http: undefined,
    })
  })

  test('has the body as text, or as bytes where that is wanted', () => {
    const body = { bytes: Buffer.from([0x61, 0xff]), totalBytes: 5 }
    const withBody = { ...subject, request: subject.request && { ...subject.request, body } }
    const wish = { maxRequestBytes: 2, allowPartialMessage: true }
    expect(readAsked(question(withBody, { includeRequestBodyInCheck: wish }).body).http).toMatchObject({
      body: 'a\ufffd',
      rawBody: '',
      size: 5,
      headers: { 'x-envoy-auth-partial-body': 'true' },
    })
    const packed = { includeRequestBodyInCheck: { ...wish, packAsBytes: true } }
    expect(readAsked(question(withBody, packed).body).http).toMatchObject({ body: '', rawBody: 'a\ufffd' })
  })
})

function answer(body: Buffer, change: Partial<CheckedEvent> = {}): CheckedEvent {
  const headers = ['content-type', 'application/grpc']
  return { kind: 'checked', status: 200, headers, body, trailers: ['grpc-status', '0'], ...change }
}

function consentOf(answered: Answered) {
  return grpcConsent(answer(writeAnswered(answered)))
}

describe('an answer', () => {
  test('without words of its own allows, or refuses with 403', () => {
    expect(consentOf({ code: 0 })).toEqual({ kind: 'allowed', request: [], response: [], queryChange: undefined })
    expect(consentOf({ code: 7 })).toEqual({
      kind: 'refused',
      reply: { status: 403, body: '', details: 'ext_authz_denied', headers: [] },
    })
  })

  test('that refuses is the client’s', () => {
    const headers = [
      { name: 'Set-Cookie', value: 'a=1' },
      { name: 'set-cookie', value: 'b=2' },
      { name: 'content-length', value: '99' },
      { name: 'x-bad', value: 'a\r\nb: c' },
    ]
    expect(consentOf({ code: 16, denied: { status: 401, headers, body: 'who?' } })).toMatchObject({
      reply: { status: 401, headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2'] },
    })
    expect(consentOf({ code: 16, denied: { body: 'who?' } })).toMatchObject({ reply: { status: 403 } })
  })

  test.each([
    [{}, 'set', 'add'],
    [{ append: false }, 'set', 'set'],
    [{ append: true }, 'append', 'add'],
    [{ action: 1 }, 'add-if-absent', 'add-if-absent'],
    [{ action: 2 }, 'set', 'set'],
    [{ action: 3 }, 'set-if-present', 'set-if-present'],
    // What is there twice: the older word counts.
    [{ append: true, action: 2 }, 'append', 'add'],
  ])('that allows with %j: %s in the request, %s in the answer', (how, inRequest, inAnswer) => {
    const headers = [{ name: 'X-User', value: 'ann', ...how }]
    expect(consentOf({ code: 0, allowed: { headers, responseHeaders: headers } })).toMatchObject({
      request: [{ op: inRequest, name: 'x-user', value: 'ann' }],
      response: [{ op: inAnswer, name: 'x-user', value: 'ann' }],
    })
  })

  test('that allows can take headers away, and change the query', () => {
    const allowed = { removed: ['Authorization'], query: { user: 'ann' }, removedQuery: ['token'] }
    expect(consentOf({ code: 0, allowed })).toMatchObject({
      request: [{ op: 'remove', name: 'authorization' }],
      queryChange: { set: [['user', 'ann']], removed: ['token'] },
    })
  })

  const fine = writeAnswered({ code: 0 })
  test.each<[string, CheckedEvent]>([
    ['another status', answer(fine, { status: 503 })],
    ['no gRPC', answer(fine, { headers: ['content-type', 'text/html'] })],
    ['a status of the call that is not 0', answer(fine, { trailers: ['grpc-status', '14'] })],
    ['no status of the call', answer(fine, { trailers: [] })],
    [
      'nothing but trailers',
      answer(Buffer.alloc(0), { headers: ['content-type', 'application/grpc', 'grpc-status', '7'] }),
    ],
    ['no message', answer(Buffer.alloc(0))],
    ['half a message', answer(writeAnswered({ code: 7 }).subarray(0, -1))],
    ['two messages', answer(Buffer.concat([fine, fine]))],
    ['a compressed message', answer(Buffer.concat([Buffer.from([1]), fine.subarray(1)]))],
    ['garbage', answer(Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]))],
  ])('with %s is none', (_, event) => {
    expect(grpcConsent(event)).toEqual({ kind: 'unreachable' })
  })
})
