import { contradicts, delegatedRoutes, narrowedMatches } from '../../../src/mesh/config/delegate.ts'
import { qualifiedGateway } from '../../../src/mesh/config/names.ts'
import type { HttpMatch, HttpRoute } from '../../../src/mesh/config/types/virtual-service.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** delegate.json: routes handed to another VirtualService, and names of gateways. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  const { op, root, delegate } = input
  if (op === 'mergeRoutes') {
    return expectSame('routes', delegatedRoutes(root as HttpRoute, delegate as HttpRoute[]), expect['routes'])
  }
  if (op === 'mergeMatches') {
    const matches = narrowedMatches((root ?? []) as HttpMatch[], (delegate ?? []) as HttpMatch[])
    return expectSame('matches', matches ?? null, expect['matches'])
  }
  if (op === 'conflict') {
    return expectSame('conflict', contradicts(root as HttpMatch, delegate as HttpMatch), expect['conflict'])
  }
  if (op !== 'gatewayName') throw new Mismatch(`unknown operation ${String(op)}`)
  expectSame('resolved', qualifiedGateway(String(input['gateway']), String(input['namespace'])), expect['resolved'])
}
