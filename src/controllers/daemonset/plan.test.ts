import { describe, expect, test } from 'vitest'
import type { DaemonSet } from '../../api/kinds/apps/daemon-set.ts'
import type { Node } from '../../api/kinds/core/node.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { daemonPods } from './daemon-pod.ts'
import { type DaemonPlan, planNodes, planUpdate, podsByNode } from './plan.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')

function daemonSet(rollingUpdate: object = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'logs', namespace: 'shop' },
    spec: {
      selector: {},
      template: { spec: { containers: [] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate },
    },
  }
}

function nodes(count: number): readonly Node[] {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n${index}` },
    spec: {},
  })) as unknown as readonly Node[]
}

/** `n0:new:ready`: node, hash, state; named for its place in the list. */
function pods(...texts: readonly string[]): readonly Pod[] {
  return texts.map((text, index) => {
    const [node = '', hash = '', state = ''] = text.split(':')
    const { metadata, spec } = daemonPods(daemonSet(), hash)(node)
    const isReady = state === 'ready'
    const phase = state === 'failed' ? 'Failed' : 'Running'
    const isGoing = state === 'going'
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        name: `p${index}`,
        creationTimestamp: `2026-01-01T00:0${index}:00Z`,
        ...(isGoing ? { deletionTimestamp: '2026-01-01T12:00:00Z' } : {}),
      },
      spec: state === 'unbound' ? spec : { ...spec, nodeName: node },
      status: {
        phase,
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: '2026-01-01T11:00:00Z' }],
      },
    }
  })
}

function print({ create, remove }: DaemonPlan): string {
  return [...create.map((node) => `+${node}`), ...remove.map(({ metadata }) => `-${metadata.name}`)].join(' ')
}

const SURGE = { maxSurge: 1, maxUnavailable: 0 }

describe('planNodes', () => {
  test.each<[string, object, readonly string[], string]>([
    ['puts a pod on each node without one', {}, ['n0:new:ready'], '+n1'],
    ['waits for one that goes', {}, ['n0:new:ready', 'n1:new:going'], ''],
    ['keeps the oldest of several', {}, ['n0:new:ready', 'n0:new:ready', 'n1:new:ready'], '-p1'],
    ['deletes a failed one', {}, ['n0:new:failed', 'n1:new:ready'], '-p0'],
    ['deletes one that waits for a node that is gone', {}, ['n0:new:ready', 'n1:new:ready', 'n9:new:unbound'], '-p2'],
    ['leaves one that runs on a node that is gone', {}, ['n0:new:ready', 'n1:new:ready', 'n9:new:ready'], ''],
    ['in a surge keeps old and new', SURGE, ['n0:old:ready', 'n0:new:running', 'n1:old:ready'], ''],
    [
      'in a surge deletes the old once the new is available',
      SURGE,
      ['n0:old:ready', 'n0:new:ready', 'n1:new:ready'],
      '-p0',
    ],
    [
      'in a surge deletes an old one that is not ready',
      SURGE,
      ['n0:old:running', 'n0:new:running', 'n1:new:ready'],
      '-p0',
    ],
  ])('%s', (_name, rollingUpdate, texts, expected) => {
    const observed = { nodes: nodes(2), pods: podsByNode(pods(...texts)), hash: 'new', nowMs: NOW_MS }
    expect(print(planNodes(daemonSet(rollingUpdate), { ...observed, isHeldBack: () => false }))).toBe(expected)
  })

  test('leaves a failed pod that is held back', () => {
    const observed = { nodes: nodes(1), pods: podsByNode(pods('n0:new:failed')), hash: 'new', nowMs: NOW_MS }
    expect(print(planNodes(daemonSet(), { ...observed, isHeldBack: () => true }))).toBe('')
  })
})

describe('planUpdate', () => {
  test.each<[string, object, readonly string[], string]>([
    ['replaces one', {}, ['n0:old:ready', 'n1:old:ready', 'n2:old:ready'], '-p0'],
    ['waits while one is down', {}, ['n0:new:running', 'n1:old:ready', 'n2:old:ready'], ''],
    ['waits while one is missing', {}, ['n0:old:ready', 'n1:old:ready'], ''],
    ['replaces all that are down anyway', {}, ['n0:old:running', 'n1:old:running', 'n2:old:ready'], '-p0 -p1'],
    [
      'replaces as many as may be down',
      { maxUnavailable: '50%' },
      ['n0:old:ready', 'n1:old:ready', 'n2:old:ready'],
      '-p0 -p1',
    ],
    ['is done when all are new', {}, ['n0:new:ready', 'n1:new:ready', 'n2:new:ready'], ''],
    ['surges on one node', SURGE, ['n0:old:ready', 'n1:old:ready', 'n2:old:ready'], '+n0'],
    [
      'waits for the surge to become available',
      SURGE,
      ['n0:old:ready', 'n0:new:running', 'n1:old:ready', 'n2:old:ready'],
      '',
    ],
    ['goes on when it is', SURGE, ['n0:old:ready', 'n0:new:ready', 'n1:old:ready', 'n2:new:ready'], '+n1 -p0'],
    [
      'surges on every node whose old pod is down',
      SURGE,
      ['n0:old:running', 'n1:old:running', 'n2:old:ready'],
      '+n0 +n1 +n2',
    ],
  ])('%s', (_name, rollingUpdate, texts, expected) => {
    const observed = { nodes: nodes(3), pods: podsByNode(pods(...texts)), hash: 'new', nowMs: NOW_MS }
    expect(print(planUpdate(daemonSet(rollingUpdate), observed))).toBe(expected)
  })
})
