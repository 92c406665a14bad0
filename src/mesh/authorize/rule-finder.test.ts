import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import type { AuthorizationRule } from '../config/types/authorization-policy.ts'
import { compilePolicy } from './compiled-policy.ts'
import { ruleFinder } from './rule-finder.ts'

const principals = ['td/ns/a/sa/x', 'td/ns/b/sa/x', 'old/ns/a/sa/x']
const hosts = ['tea.in', 'Tea.IN', 'coffee.in']
const paths = ['/a', '/b', '/c']

function some(values: readonly string[]): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
}

const rule: fc.Arbitrary<AuthorizationRule> = fc.record(
  {
    from: fc.array(
      fc
        .record({ principals: some([...principals, '*/sa/x']), namespaces: some(['a', 'b']) }, { requiredKeys: [] })
        .map((source) => ({ source })),
      { maxLength: 2 },
    ),
    to: fc.array(
      fc
        .record({ hosts: some([...hosts, '*.in']), paths: some([...paths, '/{*}', '/a*']) }, { requiredKeys: [] })
        .map((operation) => ({ operation })),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
)

const connection = fc.record({
  principal: fc.constantFrom(undefined, ...principals),
  sourceAddress: fc.constant('10.0.0.1'),
  destinationAddress: fc.constant('10.0.0.2'),
  destinationPort: fc.constant(80),
})

const request = fc.option(
  fc.record({
    method: fc.constant('GET'),
    scheme: fc.constant('http'),
    authority: fc.constantFrom(...hosts, 'other'),
    path: fc.constantFrom(...paths, '/d'),
  }),
  { nil: undefined },
)

test('a long list looked up names the same rule as one that is read from its start', () => {
  const rules = fc.array(rule, { minLength: 12, maxLength: 40 })
  const action = fc.constantFrom('ALLOW', 'DENY')
  fc.assert(
    fc.property(rules, action, connection, request, (written, of, peer, sent) => {
      const metadata = { name: 'a', namespace: 'a' }
      const policy = {
        apiVersion: 'v1',
        kind: 'AuthorizationPolicy',
        metadata,
        spec: { action: of, rules: written },
      } as const
      const compiled = compilePolicy(policy, { ...DEFAULT_MESH, trustDomain: 'td', trustDomainAliases: ['old'] })
      const own = sent === undefined ? compiled.tcp : compiled.http
      const expected = own.find((candidate) => candidate.matches(peer, sent))
      expect(ruleFinder(own)(peer, sent)?.place).toEqual(expected?.place)
    }),
    { numRuns: 500 },
  )
})
