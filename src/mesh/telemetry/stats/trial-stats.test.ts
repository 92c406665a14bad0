import { expect, test } from 'vitest'
import { meshObject, MeshShop } from '../../../../test/support/mesh-shop.ts'
import type { ApiObject } from '../../../api/object.ts'
import { guardOf } from '../../authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../../authorize/jwt/key-set.ts'
import type { Workload } from '../../registry/workload.ts'
import { metricsText } from '../exposed-family.ts'
import { TrialStats } from './trial-stats.ts'

const cart = { selector: { matchLabels: { app: 'cart' } } }
const onAdmin = { to: [{ operation: { paths: ['/admin'] } }] }

function onTrial(name: string, spec: object): ApiObject {
  const policy = meshObject('AuthorizationPolicy', name, { ...cart, ...spec })
  return { ...policy, metadata: { ...policy.metadata, annotations: { 'istio.io/dry-run': 'true' } } }
}

/** What a scrape of the proxy that was called reads after requests to these paths. */
function scrapedAfter(objects: readonly ApiObject[], paths: readonly string[]): string {
  const stats = new TrialStats()
  let called: Workload | undefined
  const guard = guardOf({
    keys: { keysOf: () => UNOBTAINABLE_KEYS },
    onTrial: (workload: Workload, port, trial) => {
      called = workload
      stats.note(workload, port, trial)
    },
  })
  const policy = { trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true } } } }
  const same = meshObject('DestinationRule', 'cart', { host: 'cart', ...policy })
  const shop = new MeshShop([same, ...objects], { fuses: true, guardOf: guard })
  for (const target of paths) shop.exchange({ target }).start(0)
  return called === undefined ? '' : metricsText(stats.families(called))
}

test('a policy on trial denies nobody, and what it would have done is counted as Istio’s docs show it', () => {
  const deny = onTrial('deny', { action: 'DENY', rules: [onAdmin] })
  expect(scrapedAfter([deny], ['/admin', '/admin', '/tea'])).toBe(`# TYPE envoy_http_inbound_0_0_0_0_8080_rbac counter
envoy_http_inbound_0_0_0_0_8080_rbac{authz_dry_run_action="deny",authz_dry_run_result="allowed"} 1
envoy_http_inbound_0_0_0_0_8080_rbac{authz_dry_run_action="deny",authz_dry_run_result="denied"} 2
`)
})

test('policies that allow are not asked about what is denied, on trial or not', () => {
  const allow = onTrial('allow', { rules: [{ to: [{ operation: { paths: ['/tea'] } }] }] })
  const denied = meshObject('AuthorizationPolicy', 'deny', { ...cart, action: 'DENY', rules: [onAdmin] })
  expect(scrapedAfter([allow, denied], ['/admin', '/tea', '/coffee']))
    .toBe(`# TYPE envoy_http_inbound_0_0_0_0_8080_rbac counter
envoy_http_inbound_0_0_0_0_8080_rbac{authz_dry_run_action="allow",authz_dry_run_result="allowed"} 1
envoy_http_inbound_0_0_0_0_8080_rbac{authz_dry_run_action="allow",authz_dry_run_result="denied"} 1
`)
})

test('where nothing is on trial nothing is told', () => {
  expect(scrapedAfter([meshObject('AuthorizationPolicy', 'allow', { ...cart, rules: [{}] })], ['/tea'])).toBe('')
})
