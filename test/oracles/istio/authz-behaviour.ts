import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { objectsOf } from './objects.ts'
import { type Outcome, outcomesOf, type SecurityCase, type WrittenWorld } from './security-world.ts'

/** authz/behaviour.json: which calls AuthorizationPolicies let through, and how a refusal looks. */
export const oracle: Oracle = {
  open(document) {
    const world = document['world'] as WrittenWorld
    const configs = document['configs'] as Readonly<Record<string, string>>
    return (oracleCase) => run(world, configs, oracleCase)
  },
}

/** How a refusal looks, in the words of the file. */
const REFUSALS: Readonly<Record<string, object>> = {
  'http status 403': { kind: 'answered', status: 403 },
  'grpc status PermissionDenied': { kind: 'answered', status: 200, grpcStatus: '7' },
  'connection closed': { kind: 'closed' },
}

async function run(
  world: WrittenWorld,
  configs: Readonly<Record<string, string>>,
  oracleCase: OracleCase,
): Promise<void> {
  const { input, expect } = oracleCase
  const { config } = oracleCase as unknown as { readonly config: readonly string[] }
  const objects = config.flatMap((key) => objectsOf(configs[key] ?? ''))
  const outcomes = await outcomesOf(input as unknown as SecurityCase, { world, objects })
  for (const outcome of outcomes) expectOutcome(outcome, expect)
}

function expectOutcome(outcome: Outcome, expect: OracleCase['expect']): void {
  if (expect['allow'] !== true) return expectSame('outcome', outcome, REFUSALS[String(expect['refusal'])])
  if (outcome.kind !== 'reached') throw new Mismatch(`must be allowed: ${JSON.stringify(outcome)}`)
  // The echo application answers with the headers that it saw.
  const text = expect['bodyContains']
  if (typeof text === 'string' && !Object.values(outcome.headers).includes(text)) {
    throw new Mismatch(`the application did not see ${text}`)
  }
}
