import {
  compareSpecificity,
  hostsInNamespace,
  hostsOverlap,
  intersectHosts,
  isSubsetOf,
} from '../../../src/mesh/config/hosts.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** hosts.json: names and wildcards compared. */
export const oracle: Oracle = {
  open: () => run,
}

type Input = OracleCase['input']

const OPERATIONS: Readonly<Record<string, (input: Input) => unknown>> = {
  matches: ({ a, b }) => hostsOverlap(String(a), String(b)) && hostsOverlap(String(b), String(a)),
  subsetOf: ({ a, b }) => isSubsetOf(String(a), String(b)),
  intersection: ({ a, b }) => intersectHosts(a as string[], b as string[]),
  namesForNamespace: ({ hosts, namespace }) => hostsInNamespace(hosts as string[], String(namespace)),
  sort: (input) => (input['in'] as string[]).toSorted(compareSpecificity),
  moreSpecific: ({ host1, host2 }) => isMoreSpecific(String(host1), String(host2)),
}

/** Upstream's order is not strict for two empty names. */
function isMoreSpecific(a: string, b: string): boolean {
  return compareSpecificity(a, b) < 0 || (a === '' && b === '')
}

function run({ input, expect }: OracleCase): void {
  const operation = OPERATIONS[String(input['op'])]
  if (operation === undefined) throw new Mismatch(`unknown operation ${String(input['op'])}`)
  expectSame('result', operation(input), expect['result'])
}
