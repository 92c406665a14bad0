import { expect, test } from 'vitest'
import { indexRules, policyFor, ruleFor } from './destination-rules.ts'
import type { DestinationRule, DestinationRuleSpec } from './types/destination-rule.ts'

function rule(namespace: string, spec: DestinationRuleSpec): DestinationRule {
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name: 'r', namespace }, spec }
}

const HOST = 'cart.shop.svc.cluster.local'
const query = {
  host: HOST,
  serviceNamespace: 'shop',
  clientNamespace: 'web',
  clientLabels: { app: 'web' },
  rootNamespace: 'istio-system',
}

test("the caller's namespace is asked before the service's, and that before the root's", () => {
  const rules = ['istio-system', 'shop', 'web'].map((namespace) => rule(namespace, { host: HOST }))
  expect(ruleFor(indexRules(rules, 'cluster.local'), query)?.namespace).toBe('web')
  expect(ruleFor(indexRules(rules.slice(0, 2), 'cluster.local'), query)?.namespace).toBe('shop')
  expect(ruleFor(indexRules(rules.slice(0, 1), 'cluster.local'), query)?.namespace).toBe('istio-system')
})

test('a name is found before a wildcard, and one that is not exported is not found', () => {
  const index = indexRules([rule('shop', { host: '*.local' }), rule('shop', { host: 'cart' })], 'cluster.local')
  expect(ruleFor(index, query)?.host).toBe(HOST)
  expect(ruleFor(indexRules([rule('shop', { host: 'cart', exportTo: ['.'] })], 'cluster.local'), query)).toBeUndefined()
})

test('subsets of several objects add up, and the first policy stays', () => {
  const first = { host: 'cart', subsets: [{ name: 'v1' }], trafficPolicy: { tls: { mode: 'SIMPLE' as const } } }
  const second = { host: 'cart', subsets: [{ name: 'v1', labels: { a: 'b' } }, { name: 'v2' }], trafficPolicy: {} }
  const merged = ruleFor(indexRules([rule('shop', first), rule('shop', second)], 'cluster.local'), query)
  expect(merged?.subsets).toEqual([{ name: 'v1' }, { name: 'v2' }])
  expect(merged?.trafficPolicy).toEqual({ tls: { mode: 'SIMPLE' } })
})

test('a policy for a port replaces the general one whole; a subset overrides field by field', () => {
  const spec: DestinationRuleSpec = {
    host: 'cart',
    trafficPolicy: {
      tls: { mode: 'SIMPLE' },
      loadBalancer: { simple: 'RANDOM' },
      portLevelSettings: [{ port: { number: 80 }, loadBalancer: { simple: 'ROUND_ROBIN' } }],
    },
    subsets: [{ name: 'v1', trafficPolicy: { tls: { mode: 'DISABLE' } } }],
  }
  const found = ruleFor(indexRules([rule('shop', spec)], 'cluster.local'), query)
  expect(policyFor(found, { subset: '', port: 80 })).toEqual({ loadBalancer: { simple: 'ROUND_ROBIN' } })
  expect(policyFor(found, { subset: 'v1', port: 81 })).toEqual({
    tls: { mode: 'DISABLE' },
    loadBalancer: { simple: 'RANDOM' },
  })
})
