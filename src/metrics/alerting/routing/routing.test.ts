import { describe, expect, test } from 'vitest'
import type { ReceivedAlert } from '../alerts/alert.ts'
import { fingerprintOf } from '../alerts/fingerprint.ts'
import { loadAlertmanagerConfig } from '../config/alertmanager-config.ts'
import { Inhibitor } from './inhibitor.ts'
import { groupLabelsOf, matchRoutes, routeTree, walkRoutes } from './route.ts'

const CONFIG = loadAlertmanagerConfig(`
route:
  receiver: all
  group_by: [alertname]
  labels: {owner: everybody}
  routes:
  - matchers: [team=kitchen]
    receiver: kitchen
    group_wait: 1m
    labels: {shift: day}
    routes:
    - matchers: [severity=page]
      receiver: pager
      group_by: ['...']
      continue: true
    - matchers: [stall=~"dosa|chaat"]
      group_by: []
  - matchers: [severity=page]
    receiver: pager
receivers: [{name: all}, {name: kitchen}, {name: pager}]
inhibit_rules:
- source_matchers: [severity=page]
  target_matchers: [severity=~"ticket|page"]
  equal: [stall]
`)

describe('the routing tree', () => {
  const root = routeTree(CONFIG.route)

  test.each([
    [{ team: 'hall' }, ['all']],
    [{ team: 'kitchen' }, ['kitchen']],
    [{ team: 'kitchen', severity: 'page' }, ['pager']],
    [{ team: 'kitchen', severity: 'page', stall: 'dosa' }, ['pager', 'kitchen']],
    [{ team: 'hall', severity: 'page' }, ['pager']],
  ])('%j goes to %j', (labels, receivers) => {
    expect(matchRoutes(root, labels).map(({ receiver }) => receiver)).toEqual(receivers)
  })

  test('a route takes over what it does not say', () => {
    const [, kitchen, pager, stalls] = [...walkRoutes(root)]
    expect(kitchen).toMatchObject({
      groupBy: ['alertname'],
      groupWaitMs: 60_000,
      groupIntervalMs: 300_000,
      labels: { owner: 'everybody', shift: 'day' },
    })
    expect(pager).toMatchObject({ groupByAll: true, groupWaitMs: 60_000, key: '{}/{team="kitchen"}/{severity="page"}' })
    expect(stalls).toMatchObject({
      groupBy: [],
      groupByAll: false,
      receiver: 'kitchen',
      id: '{}/{team="kitchen"}/0/{stall=~"dosa|chaat"}/1',
    })
  })

  test('groups are told apart by the labels that the route names', () => {
    const [, kitchen, pager] = [...walkRoutes(root)]
    const labels = { alertname: 'Idle', stall: 'dosa' }
    expect(kitchen && groupLabelsOf(kitchen, labels)).toEqual({ alertname: 'Idle' })
    expect(pager && groupLabelsOf(pager, labels)).toEqual(labels)
  })
})

describe('inhibition', () => {
  const NOW_MS = 1_000_000
  const source = (labels: Record<string, string>, endsAtMs = NOW_MS + 1): ReceivedAlert => {
    const times = { startsAtMs: 0, endsAtMs, updatedAtMs: 0 }
    return { labels, annotations: {}, ...times, generatorUrl: '', isTimeout: false, fingerprint: fingerprintOf(labels) }
  }

  test('an alert mutes others of equal labels while it fires, and never one of its own kind', () => {
    const inhibitor = new Inhibitor(CONFIG.inhibitRules)
    const page = source({ severity: 'page', stall: 'dosa' })
    inhibitor.add(page)
    expect(inhibitor.mutedBy({ severity: 'ticket', stall: 'dosa' }, NOW_MS)).toBe(page.fingerprint)
    expect(inhibitor.mutedBy({ severity: 'ticket', stall: 'chaat' }, NOW_MS)).toBeUndefined()
    expect(inhibitor.mutedBy({ severity: 'page', stall: 'dosa', again: 'yes' }, NOW_MS)).toBeUndefined()
    inhibitor.add({ ...page, endsAtMs: NOW_MS })
    expect(inhibitor.mutedBy({ severity: 'ticket', stall: 'dosa' }, NOW_MS)).toBeUndefined()
    inhibitor.sweep(NOW_MS)
  })

  test('a label that neither has is equal', () => {
    const inhibitor = new Inhibitor(CONFIG.inhibitRules)
    inhibitor.add(source({ severity: 'page' }))
    expect(inhibitor.mutedBy({ severity: 'ticket' }, NOW_MS)).toBeDefined()
  })
})
