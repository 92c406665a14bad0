import type { KeySource } from '../../../src/mesh/authorize/jwt/authenticate.ts'
import { UNOBTAINABLE_KEYS } from '../../../src/mesh/authorize/jwt/key-set.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { objectsOf } from './objects.ts'
import { SecurityWorld, type WrittenCall, type WrittenEnd, type WrittenWorld } from './security-world.ts'

/** authz/behaviour.json: which calls AuthorizationPolicies let through, and how a refusal looks. */
export const oracle: Oracle = {
  open(document) {
    const world = document['world'] as WrittenWorld
    const configs = document['configs'] as Readonly<Record<string, string>>
    return (oracleCase) => run(world, configs, oracleCase)
  },
}

/** All keys of these cases stand in the configuration. */
const NO_KEYS: KeySource = { keysOf: () => UNOBTAINABLE_KEYS }

const NOW_MS = Date.UTC(2026, 0, 1)

/** How a refusal looks, in the words of the file. */
const REFUSALS: Readonly<Record<string, object>> = {
  'http status 403': { kind: 'answered', status: 403 },
  // A status of gRPC is what a client of gRPC gets for 403.
  'grpc status PermissionDenied': { kind: 'answered', status: 403 },
  'connection closed': { kind: 'closed' },
}

function run(written: WrittenWorld, configs: Readonly<Record<string, string>>, oracleCase: OracleCase): void {
  const { input, expect } = oracleCase
  const { config } = oracleCase as unknown as { readonly config: readonly string[] }
  const { from, to, call } = input as unknown as {
    readonly from: WrittenEnd | 'ingress'
    readonly to: WrittenEnd
    readonly call: WrittenCall
  }
  const objects = config.flatMap((key) => objectsOf(configs[key] ?? ''))
  const world = new SecurityWorld(written, objects, { to, keys: NO_KEYS, nowMs: NOW_MS })
  const outcome = from === 'ingress' ? world.fromOutside(call) : world.fromWorkload(from, to, call)
  if (expect['allow'] !== true) return expectSame('outcome', outcome, REFUSALS[String(expect['refusal'])])
  if (outcome.kind !== 'reached') throw new Mismatch(`must be allowed: ${JSON.stringify(outcome)}`)
  // The echo application answers with the headers that it saw.
  const text = expect['bodyContains']
  if (typeof text === 'string' && !Object.values(outcome.headers).includes(text)) {
    throw new Mismatch(`the application did not see ${text}`)
  }
}
