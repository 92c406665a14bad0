import { expect, test } from 'vitest'
import { tokenIssuer } from '../../../../test/support/signed-tokens.ts'
import { VirtualClock } from '../../../world/virtual-clock.ts'
import { FetchedKeys } from './fetched-keys.ts'
import { type JsonWebToken, parseToken } from './token.ts'

const MINUTE_MS = 60_000
const rule = { issuer: 'https://tea.in/', jwksUri: 'https://tea.in/keys' }

/** A server of keys that can be told what to do. */
function setUp() {
  const clock = new VirtualClock(0)
  const issuer = tokenIssuer('ES256')
  const token = parseToken(issuer.token({})) as JsonWebToken
  const server = { fetched: [] as string[], isDown: false, delayMs: 0, keys: [issuer.jwk] as readonly object[] }
  const keys = new FetchedKeys({
    clock,
    fetchText: async (url) => {
      server.fetched.push(url)
      if (server.delayMs > 0) await clock.sleep(server.delayMs)
      if (server.isDown) throw new Error('503')
      if (url.includes('.well-known')) return JSON.stringify({ jwks_uri: 'https://tea.in/found' })
      return JSON.stringify({ keys: server.keys })
    },
  })
  const isKnown = (asked: object = rule) => keys.keysOf(asked).problemOf(token) === undefined
  return { clock, server, keys, isKnown }
}

test('keys are fetched once, before the rules that need them take effect', async () => {
  const { keys, server, isKnown } = setUp()
  expect(isKnown()).toBe(false)
  await keys.prepare([rule, rule])
  await keys.prepare([rule])
  expect(isKnown()).toBe(true)
  expect(server.fetched).toEqual(['https://tea.in/keys'])
})

test('keys that stand in the rule are not fetched', async () => {
  const { keys, server } = setUp()
  await keys.prepare([{ issuer: 'tea', jwks: '{}' }])
  expect(server.fetched).toEqual([])
})

test('without a URL the issuer is asked where its keys are', async () => {
  const { keys, server, isKnown } = setUp()
  await keys.prepare([{ issuer: rule.issuer }])
  expect(server.fetched).toEqual(['https://tea.in/.well-known/openid-configuration', 'https://tea.in/found'])
  expect(isKnown({ issuer: rule.issuer })).toBe(true)
})

test('who does not answer in time has no keys', async () => {
  const { clock, keys, server, isKnown } = setUp()
  server.delayMs = 6_000
  const prepared = keys.prepare([rule])
  await clock.advance(5_000)
  await prepared
  expect(isKnown()).toBe(false)
  await clock.advance(10_000)
  expect(isKnown()).toBe(false)
})

test('a rule says how long to wait', async () => {
  const { clock, keys, server, isKnown } = setUp()
  server.delayMs = 500
  const prepared = keys.prepare([{ ...rule, timeout: '10ms' }])
  await clock.advance(10)
  await prepared
  expect(isKnown()).toBe(false)
})

test('what could not be fetched is tried again at once, then ever more rarely', async () => {
  const { clock, keys, server, isKnown } = setUp()
  const stop = new AbortController()
  const running = keys.run(stop.signal)
  server.isDown = true
  await keys.prepare([rule])
  await clock.advance(10_000)
  expect(server.fetched).toHaveLength(1 + 8)
  await clock.advance(MINUTE_MS + 10_000)
  expect(server.fetched).toHaveLength(1 + 8 + 8)
  server.isDown = false
  await clock.advance(2 * MINUTE_MS)
  expect(isKnown()).toBe(true)
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
})

test('newer keys take the place of old ones, and old ones stay while there are none', async () => {
  const { clock, keys, server, isKnown } = setUp()
  const stop = new AbortController()
  const running = keys.run(stop.signal)
  await keys.prepare([rule])
  server.isDown = true
  await clock.advance(25 * MINUTE_MS)
  expect(isKnown()).toBe(true)
  server.isDown = false
  server.keys = [tokenIssuer('ES256').jwk]
  await clock.advance(60 * MINUTE_MS)
  expect(isKnown()).toBe(false)
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
})

test('keys that nobody asks for in a week are forgotten', async () => {
  const { clock, keys, server } = setUp()
  const stop = new AbortController()
  const running = keys.run(stop.signal)
  await keys.prepare([rule])
  await clock.advance(8 * 24 * 60 * MINUTE_MS)
  const count = server.fetched.length
  await clock.advance(60 * MINUTE_MS)
  expect(server.fetched).toHaveLength(count)
  stop.abort(new Error('over'))
  await expect(running).rejects.toThrow('over')
})

test('what is no set of keys is not taken for one', async () => {
  const clock = new VirtualClock(0)
  const token = parseToken(tokenIssuer('ES256').token({})) as JsonWebToken
  const keys = new FetchedKeys({ clock, fetchText: async () => '{"password":"x"}' })
  await keys.prepare([rule])
  expect(keys.keysOf(rule).problemOf(token)).toBe('Jwt verification fails')
})
