import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../world/virtual-clock.ts'
import { readPrometheusConfig } from '../config/prometheus-config.ts'
import { httpClient, unsupportedClient } from './http-client.ts'
import type { ScrapeRequest, ScrapeResponse } from './transport.ts'

const FILES: Readonly<Record<string, string>> = { '/token': 'first\n', '/ca': 'CA', '/key': 'KEY', '/cert': 'CERT' }

function configOf(section: string) {
  return readPrometheusConfig(`scrape_configs: [{job_name: a, ${section}}]`).scrape_configs[0]!
}

/** Sends one request for each of `times`, and tells what the transport was given. */
async function sent(
  section: string,
  options: { answers?: Partial<ScrapeResponse>[]; waitMs?: readonly number[] } = {},
): Promise<readonly ScrapeRequest[]> {
  const requests: ScrapeRequest[] = []
  const clock = new VirtualClock(0)
  const answers = [...(options.answers ?? [])]
  const client = httpClient(configOf(section), {
    clock,
    readText: (path) => Promise.resolve(FILES[path] ?? ''),
    transport(request) {
      requests.push(request)
      const body = (async function* () {
        yield await Promise.resolve(Buffer.from('{"access_token": "t1", "expires_in": 60}'))
      })()
      return Promise.resolve({ status: 200, headers: {}, body, ...answers.shift() })
    },
  })
  for (const waitMs of options.waitMs ?? [0]) {
    await clock.advance(waitMs)
    await client({ method: 'GET', url: 'http://shop/metrics', headers: {} }, new AbortController().signal)
  }
  return requests
}

describe('httpClient', () => {
  test.each([
    ['basic_auth: {username: u, password: p}', { Authorization: 'Basic dTpw' }],
    ['basic_auth: {username: u, password_file: /token}', { Authorization: 'Basic dTpmaXJzdA==' }],
    ['authorization: {type: Token, credentials: x}', { Authorization: 'Token x' }],
    ['bearer_token_file: /token', { Authorization: 'Bearer first' }],
    ['http_headers: {X-Tenant: {values: [a], files: [/token]}}', { 'X-Tenant': 'a, first' }],
  ])('%s', async (section, headers) => {
    const [request] = await sent(section)
    expect(request?.headers).toEqual(headers)
  })

  test('certificates are read from their files', async () => {
    const [request] = await sent(
      'tls_config: {ca_file: /ca, cert_file: /cert, key_file: /key, insecure_skip_verify: true}',
    )
    expect(request?.tls).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', insecure: true })
  })

  test('follows redirects, but takes credentials to no other host', async () => {
    const answers = [
      { status: 302, headers: { location: '/moved' } },
      { status: 307, headers: { location: 'http://elsewhere/metrics' } },
    ]
    const requests = await sent('authorization: {credentials: x}', { answers })
    expect(requests.map(({ url, headers }) => [url, headers['Authorization']])).toEqual([
      ['http://shop/metrics', 'Bearer x'],
      ['http://shop/moved', 'Bearer x'],
      ['http://elsewhere/metrics', undefined],
    ])
  })

  test('follows none where it must not', async () => {
    const answers = [{ status: 302, headers: { location: '/moved' } }]
    expect(await sent('follow_redirects: false', { answers })).toHaveLength(1)
  })

  test('an OAuth 2.0 token is asked for once, and again when it ends', async () => {
    const section = "oauth2: {client_id: c, client_secret: s, token_url: 'http://login/token', scopes: [read]}"
    const requests = await sent(section, { waitMs: [0, 30_000, 30_000] })
    expect(requests.map(({ url }) => url)).toEqual([
      'http://login/token',
      'http://shop/metrics',
      'http://shop/metrics',
      'http://login/token',
      'http://shop/metrics',
    ])
    expect(requests[0]).toMatchObject({
      method: 'POST',
      body: 'grant_type=client_credentials&scope=read',
      headers: { Authorization: 'Basic Yzpz' },
    })
    expect(requests[1]?.headers['Authorization']).toBe('Bearer t1')
  })
})

test.each([
  ["proxy_url: 'http://proxy:8080'", 'proxies are not supported'],
  ['basic_auth: {username: u, password_ref: x}', 'there is no secret manager for …_ref fields'],
  ['basic_auth: {username: u}', undefined],
])('unsupportedClient of %s', (section, expected) => {
  expect(unsupportedClient(configOf(section))).toBe(expected)
})
