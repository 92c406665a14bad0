import { FetchedKeys } from '../../../src/mesh/authorize/jwt/fetched-keys.ts'
import type { RequestAuthentication } from '../../../src/mesh/config/types/request-authentication.ts'
import { parseDuration } from '../../../src/base/duration.ts'
import { VirtualClock } from '../../../src/world/virtual-clock.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { objectsOf } from './objects.ts'
import { type Outcome, outcomesOf, type SecurityCase, type WrittenWorld } from './security-world.ts'

/** authn-behaviour.json: what becomes of requests with good, bad and missing tokens. */
export const oracle: Oracle = {
  open(document) {
    const world = document['world'] as WrittenWorld
    const configs = document['configs'] as Readonly<Record<string, string>>
    return (oracleCase) => run(world, configs, oracleCase)
  },
}

const NOW_MS = Date.UTC(2026, 0, 1)

async function run(
  world: WrittenWorld,
  configs: Readonly<Record<string, string>>,
  oracleCase: OracleCase,
): Promise<void> {
  const { input, expect } = oracleCase
  const { config } = oracleCase as unknown as { readonly config: readonly string[] }
  const objects = config.flatMap((key) => objectsOf(configs[key] ?? ''))
  const keys = await fetchedKeys(objects as readonly RequestAuthentication[], Object.values(configs))
  const outcomes = await outcomesOf(input as unknown as SecurityCase, { world, objects, keys })
  for (const outcome of outcomes) expectOutcome(outcome, expect)
}

function expectOutcome(outcome: Outcome, expect: OracleCase['expect']): void {
  const status = outcome.kind === 'reached' ? 200 : outcome.kind === 'answered' ? outcome.status : undefined
  expectSame('status', status ?? null, expect['status'])
  const seen = outcome.kind === 'reached' ? outcome.headers : {}
  for (const [name, value] of Object.entries((expect['backendSawHeaders'] ?? {}) as Record<string, string>)) {
    expectSame(`header ${name}`, seen[name.toLowerCase()] ?? '', value)
  }
}

/** The server of keys answers after the `delay` in its URL; all others are not there. */
async function fetchedKeys(
  objects: readonly RequestAuthentication[],
  configs: readonly string[],
): Promise<FetchedKeys> {
  const clock = new VirtualClock(NOW_MS)
  const [, jwks = ''] = /jwks: '(.*)'/.exec(configs.join('\n')) ?? []
  const keys = new FetchedKeys({
    clock,
    fetchText: async (url) => {
      if (!url.startsWith('http://jwt-server.')) throw new Error(`${url} is not there`)
      await clock.sleep(parseDuration(new URL(url).searchParams.get('delay') ?? '0s') ?? 0)
      return jwks
    },
  })
  const rules = objects.flatMap(({ kind, spec }) => (kind === 'RequestAuthentication' ? (spec?.jwtRules ?? []) : []))
  const prepared = keys.prepare(rules)
  await clock.advance(60_000)
  await prepared
  return keys
}
