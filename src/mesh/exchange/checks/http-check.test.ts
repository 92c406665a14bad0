import { describe, expect, test } from 'vitest'
import { externalAuthorizer } from '../../authorize/external-authorizer.ts'
import type { HttpAuthorizer } from '../../config/types/extension-provider.ts'
import { headerRecordOf } from '../../route/header-list.ts'
import type { CheckedRequest } from './check-subject.ts'
import { httpConsent, httpQuestion } from './http-check.ts'

function termsOf(written: HttpAuthorizer = {}) {
  const service = 'check.shop.svc.cluster.local'
  const terms = externalAuthorizer({ name: 'check', envoyExtAuthzHttp: { service, port: 80, ...written } })?.http
  if (terms === undefined) throw new Error('it is asked over HTTP')
  return terms
}

const request: CheckedRequest = {
  id: '7',
  receivedMs: 0,
  method: 'POST',
  scheme: 'http',
  authority: 'cart:8080',
  target: '/tea?a=b',
  headers: ['authorization', 'Bearer x', 'x-user', 'ann', 'x-user', 'bob', 'content-length', '3', 'cookie', 'c=1'],
  version: 'HTTP/1.1',
  body: undefined,
}

function asked(written: HttpAuthorizer, change: Partial<CheckedRequest> = {}) {
  const { head, body } = httpQuestion(termsOf(written), { ...request, ...change })
  const { headers, ...line } = head
  return { ...line, headers: headerRecordOf(headers), body: body.toString() }
}

describe('what is asked', () => {
  test('is the request itself, with its credentials and nothing else, and without a body', () => {
    expect(asked({})).toEqual({
      method: 'POST',
      scheme: 'http',
      authority: 'cart:8080',
      target: '/tea?a=b',
      headers: { authorization: 'Bearer x', 'content-length': '0' },
      body: '',
    })
  })

  test('goes to a path before which the prefix stands', () => {
    expect(asked({ pathPrefix: '/check' }).target).toBe('/check/tea?a=b')
  })

  test.each<[string, HttpAuthorizer, object]>([
    [
      'headers that are named, whatever their case',
      { includeRequestHeadersInCheck: ['X-User'] },
      { 'x-user': 'ann,bob' },
    ],
    ['headers by their beginning', { includeRequestHeadersInCheck: ['x-*'] }, { 'x-user': 'ann,bob' }],
    ['headers by their end', { includeRequestHeadersInCheck: ['*kie'] }, { cookie: 'c=1' }],
    ['those of the older field', { includeHeadersInCheck: ['cookie'] }, { cookie: 'c=1' }],
    [
      'of both fields the newer',
      { includeHeadersInCheck: ['cookie'], includeRequestHeadersInCheck: ['x-user'] },
      { 'x-user': 'ann,bob' },
    ],
    ['what is added', { includeAdditionalHeadersInCheck: { 'X-Ask': 'yes' } }, { 'x-ask': 'yes' }],
    [
      'what is added in place of what the client says',
      { includeRequestHeadersInCheck: ['x-user'], includeAdditionalHeadersInCheck: { 'x-user': 'proxy' } },
      { 'x-user': 'proxy' },
    ],
    ['no header that frames the message', { includeRequestHeadersInCheck: ['content-*', 'transfer-encoding'] }, {}],
  ])('says %s', (_, written, headers) => {
    const change = { headers: [...request.headers, 'transfer-encoding', 'chunked'] }
    expect(asked(written, change).headers).toEqual({ authorization: 'Bearer x', 'content-length': '0', ...headers })
  })

  test('has the body that was gathered, and says whether it is all of it', () => {
    const bytes = Buffer.from('abc')
    const lies = [...request.headers, 'x-envoy-auth-partial-body', 'maybe']
    expect(asked({}, { headers: lies, body: { bytes, totalBytes: 3 } })).toMatchObject({
      headers: { 'content-length': '3', 'x-envoy-auth-partial-body': 'false' },
      body: 'abc',
    })
    expect(asked({}, { body: { bytes, totalBytes: 4 } }).headers).toMatchObject({ 'x-envoy-auth-partial-body': 'true' })
    expect(asked({}, { headers: lies }).headers).not.toHaveProperty('x-envoy-auth-partial-body')
  })
})

function consentOf(
  written: HttpAuthorizer,
  { status, headers = {}, body = '' }: { readonly status: number; readonly headers?: object; readonly body?: string },
) {
  return httpConsent(termsOf(written), {
    kind: 'checked',
    status,
    headers: Object.entries(headers).flat() as string[],
    body: Buffer.from(body),
    trailers: [],
  })
}

describe('an answer', () => {
  test.each([
    [200, 'allowed'],
    [201, 'refused'],
    [204, 'refused'],
    [302, 'refused'],
    [401, 'refused'],
    [403, 'refused'],
    [429, 'refused'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ])('of %d means: %s', (status, kind) => {
    expect(consentOf({}, { status }).kind).toBe(kind)
  })

  const headers = {
    'x-user': 'ann',
    'x-trace': '1',
    location: 'https://login',
    'www-authenticate': 'Basic',
    'content-length': '5',
    'transfer-encoding': 'chunked',
    host: 'check',
  }

  test('that refuses is the client’s, but for what is about the connection', () => {
    expect(consentOf({}, { status: 401, headers, body: 'never' })).toMatchObject({
      reply: {
        status: 401,
        details: 'ext_authz_denied',
        headers: ['x-user', 'ann', 'x-trace', '1', 'location', 'https://login', 'www-authenticate', 'Basic'],
      },
    })
  })

  test('that refuses says only what is listed, and how and where to come again', () => {
    expect(consentOf({ headersToDownstreamOnDeny: ['x-tr*'] }, { status: 302, headers })).toMatchObject({
      reply: { headers: ['x-trace', '1', 'location', 'https://login', 'www-authenticate', 'Basic'] },
    })
  })

  test('that allows changes nothing unless it is listed', () => {
    expect(consentOf({}, { status: 200, headers })).toEqual({
      kind: 'allowed',
      request: [],
      response: [],
      queryChange: undefined,
    })
    const lists = { headersToUpstreamOnAllow: ['x-user', 'content-length'], headersToDownstreamOnAllow: ['x-tr*'] }
    expect(consentOf(lists, { status: 200, headers })).toMatchObject({
      request: [{ op: 'set', name: 'x-user', value: 'ann' }],
      response: [{ op: 'add', name: 'x-trace', value: '1' }],
    })
  })

  test('that allows can take headers away', () => {
    const removing = { 'x-envoy-auth-headers-to-remove': 'Authorization, x-secret,' }
    expect(consentOf({ headersToUpstreamOnAllow: ['x-envoy-*'] }, { status: 200, headers: removing })).toMatchObject({
      request: [
        { op: 'remove', name: 'authorization' },
        { op: 'remove', name: 'x-secret' },
      ],
    })
  })
})
