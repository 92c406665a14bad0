import { describe, expect, test } from 'vitest'
import { printErrors } from './problem.ts'
import { validateVirtualService, type VirtualService } from './virtual-service.ts'

const object = { name: 'reviews', namespace: 'shop', labels: {}, annotations: {} }
const route = [{ destination: { host: 'reviews' } }]

function errorIn(service: VirtualService): string | undefined {
  return printErrors(validateVirtualService({ hosts: ['reviews'], ...service }, object))
}

function warningsOf(service: VirtualService): readonly string[] {
  const problems = [...validateVirtualService({ hosts: ['reviews'], ...service }, object)]
  return problems.flatMap(({ severity, text }) => (severity === 'warning' ? [text] : []))
}

describe('a VirtualService is refused', () => {
  test.each<[string, VirtualService, string]>([
    ['without routes', {}, 'http, tcp or tls must be provided in virtual service'],
    [
      'that stands in for all hosts of the mesh',
      { hosts: ['*'], http: [{ route }] },
      'wildcard host * is not allowed for virtual services bound to the mesh gateway',
    ],
    [
      'whose hosts mean the same',
      { hosts: ['*.com', 'a.com'], http: [{ route }] },
      'duplicate hosts in virtual service: *.com & a.com',
    ],
    [
      'that has neither hosts nor the right to gateways',
      { hosts: [], gateways: ['shop/gw'], http: [{ route }] },
      'delegate virtual service must have no gateways specified',
    ],
    [
      'that matches claims without a gateway',
      { http: [{ match: [{ headers: { '@request.auth.claims.role': { exact: 'a' } } }], route }] },
      'JWT claim based routing (key: @request.auth.claims.role) is only supported for gateway, found no gateways: []',
    ],
    [
      'whose gateway has no name',
      { gateways: ['shop/'], http: [{ route }] },
      '2 errors occurred:\n\t* config namespace and gateway name cannot be empty\n\t* invalid value for gateway name: ""\n\n',
    ],
    [
      'whose TLS names are other than its hosts',
      { tls: [{ match: [{ sniHosts: ['a.com'] }], route }] },
      'SNI host "a.com" is not a compatible subset of any of the virtual service hosts: [reviews]',
    ],
    ['whose TCP routes go nowhere', { tcp: [{}] }, 'TCP route is required'],
    ['with a weightless choice', { http: [{ route: [...route, ...route] }] }, 'total destination weight = 0'],
    ['with a negative weight', { http: [{ route: [{ ...route[0], weight: -1 }] }] }, 'weight -1 < 0'],
  ])('%s', (_what, service, error) => {
    expect(errorIn(service)).toBe(error)
  })
})

describe('an HTTP route is refused', () => {
  test.each<[string, NonNullable<VirtualService['http']>[number], string]>([
    ['that does nothing', {}, 'HTTP route, redirect or direct_response is required'],
    ['that does two things', { route, redirect: { uri: '/a' } }, 'HTTP route cannot contain both route and redirect'],
    ['that delegates and routes', { name: 'a', delegate: {}, route }, 'root HTTP route a must not specify route'],
    [
      'that mirrors in two ways',
      { route, mirror: { host: 'a' }, mirrors: [{ destination: { host: 'b' } }] },
      'HTTP route cannot contain both mirror and mirrors',
    ],
    [
      'that mirrors too much',
      { route, mirror: { host: 'a' }, mirrorPercentage: { value: 100.5 } },
      'mirror_percentage must have a max value of 100 (it has 100.500000)',
    ],
    [
      'whose pattern RE2 does not know',
      { match: [{ uri: { regex: '(?!a)' } }], route },
      '"uri": error parsing regexp: invalid or unsupported Perl syntax: `(?!`; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)',
    ],
    [
      'whose pattern is empty',
      { match: [{ method: { regex: '' } }], route },
      '"method": regex string match should not be empty',
    ],
    [
      'whose header has no value to match',
      { match: [{ headers: { a: null } }], route },
      'header match a cannot be null',
    ],
    [
      'that sets Host twice',
      { route, rewrite: { authority: 'a' }, headers: { request: { set: { Host: 'b' } } } },
      'authority header cannot be set multiple times: have "a", attempting to set "b"',
    ],
    [
      'that takes Host off',
      { route, headers: { request: { remove: ['host'] } } },
      'invalid header "host": cannot set Host header',
    ],
    [
      'that sets a pseudo header',
      { route, headers: { response: { add: { ':status': '1' } } } },
      'invalid header ":status": header cannot have ":" prefix',
    ],
    ['that redirects to nothing', { redirect: {} }, 'redirect must specify URI, authority, scheme, or port'],
    [
      'that redirects with 200',
      { redirect: { uri: '/', redirectCode: 200 } },
      '200 is not a valid redirect code, must be 3xx',
    ],
    ['that answers with 100', { directResponse: { status: 100 } }, 'HTTP status 100 is not in range 200-599'],
    [
      'that rewrites nothing',
      { route, rewrite: {} },
      'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
    ],
    [
      'whose rewriting is half said',
      { route, rewrite: { uriRegexRewrite: { match: 'a' } } },
      'UriRegexRewrite has errors\nUriRegexRewrite requires both Rewrite and Match fields to be specified',
    ],
    [
      'that retries for no known reason',
      { route, retries: { attempts: 1, retryOn: '5xx,soon' } },
      '"soon" is not a valid retryOn policy',
    ],
    [
      'that says how not to retry',
      { route, retries: { perTryTimeout: '1s' } },
      'http retry policy configured when attempts are set to 0 (disabled)',
    ],
    [
      'that retries less than never',
      { route, retries: { attempts: -1 } },
      '1 error occurred:\n\t* attempts cannot be negative\n\n',
    ],
    [
      'that breaks a share too small',
      { route, fault: { abort: { httpStatus: 500, percentage: { value: 0.00001 } } } },
      'percentage 1e-05 is neither 0.0, nor in range [0.0001, 100.0]',
    ],
    [
      'whose fault is none',
      { route, fault: {} },
      '1 error occurred:\n\t* HTTP fault injection must have an abort and/or a delay\n\n',
    ],
    [
      'whose CORS caches for a part of a second',
      { route, corsPolicy: { maxAge: '1500ms' } },
      '1 error occurred:\n\t* max_age duration is accurate only to seconds precision\n\n',
    ],
    [
      'with a timeout finer than milliseconds',
      { route, timeout: '1.0005s' },
      'only durations to ms precision are supported',
    ],
  ])('%s', (_what, http, error) => {
    expect(errorIn({ http: [http] })).toBe(error)
  })

  test('that mirrors in the old way is warned of only', () => {
    expect(warningsOf({ http: [{ route, mirror: { host: 'a' }, mirrorPercent: 50 }] })).toEqual([
      'using deprecated setting "mirrorPercent", use "mirrorPercentage" instead',
    ])
  })
})

describe('rules that no request reaches are warned of', () => {
  const match = (prefix: string, more: object = {}) => [{ uri: { prefix }, ...more }]

  test('behind a rule for everything', () => {
    expect(warningsOf({ http: [{ route }, { name: 'late', match: match('/'), route }] })).toEqual([
      'virtualService rule "late" not used (route without matches defined before)',
    ])
  })

  test('when an earlier rule asks the same, whatever it is called', () => {
    const http = [
      { match: match('/a', { name: 'one' }), route },
      { match: match('/a', { name: 'two' }), route },
    ]
    expect(warningsOf({ http })).toEqual([
      'virtualService rule #1 match "two" is not used (duplicate/overlapping match in rule #0)',
      'virtualService rule #1 not used (all matches used by prior rules)',
    ])
  })

  test('when an earlier prefix is how theirs begins', () => {
    const http = [
      { match: match('/a'), route },
      { match: match('/ab'), route },
    ]
    expect(warningsOf({ http })).toEqual([
      'virtualService rule #1 match #0 of prefix /ab is not used (duplicate/overlapping match in rule #0 of prefix /a on #0)',
    ])
  })

  test.each([{ port: 80 }, { method: { exact: 'POST' } }, { headers: { a: { exact: 'b' } } }])(
    'but not when the earlier asks for more: %j',
    (more) => {
      const http = [
        { match: match('/a', more), route },
        { match: match('/ab'), route },
      ]
      expect(warningsOf({ http })).toEqual([])
    },
  )
})

test('ten thousand prefixes are compared in no time', () => {
  const http = Array.from({ length: 10_000 }, (_, index) => ({ match: [{ uri: { prefix: `/p${index}/` } }], route }))
  expect(warningsOf({ http })).toEqual([])
})
