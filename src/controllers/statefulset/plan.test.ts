import { describe, expect, test } from 'vitest'
import type { ControllerRevision } from '../../api/kinds/apps/controller-revision.ts'
import type { StatefulSet } from '../../api/kinds/apps/stateful-set.ts'
import type { PersistentVolumeClaim } from '../../api/kinds/core/persistent-volume-claim.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import { claimOwners } from './claim-retention.ts'
import { memberPod, ordinalOf } from './identity.ts'
import { plan } from './plan.ts'

const NOW_MS = Date.parse('2026-01-01T12:00:00Z')

function statefulSet(replicas: number, spec: Partial<StatefulSet['spec']> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop', uid: 'set' },
    spec: { replicas, serviceName: 'db', selector: {}, template: { spec: { containers: [] } }, ...spec },
  }
}

function revision(name: string): ControllerRevision {
  const data = { spec: { template: { spec: { containers: [] }, $patch: 'replace' } } }
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name }, revision: 1, data }
}

type State = 'ready' | 'pending' | 'failed' | 'going'

/** `2:ready`, with `old` for the revision before. */
function member(set: StatefulSet, text: string): Pod {
  const [ordinal = '', state = '', age = 'new'] = text.split(':')
  const pod = memberPod(set, Number(ordinal), age)
  const isReady = (state as State) === 'ready'
  const phase = { ready: 'Running', pending: 'Pending', failed: 'Failed', going: 'Running' }[state as State]
  const lastTransitionTime = '2026-01-01T11:59:50Z'
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      uid: `pod-${ordinal}`,
      ...(state === 'going' ? { deletionTimestamp: '2026-01-01T12:00:30Z' } : {}),
    },
    status: { phase, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime }] },
  }
}

function decide(
  set: StatefulSet,
  pods: readonly string[],
  claims: readonly PersistentVolumeClaim[] = [],
): readonly string[] {
  const observed = {
    pods: pods.map((text) => member(set, text)),
    current: revision('old'),
    update: revision('new'),
    claim: (name: string) => claims.find(({ metadata }) => metadata.name === name),
    nowMs: NOW_MS,
  }
  return plan(set, observed).map((action) => {
    const { pod } = action
    const age = action.type === 'create' ? `:${pod.metadata.labels?.['controller-revision-hash']}` : ''
    return `${action.type} ${ordinalOf(set, pod)}${age}`
  })
}

const PARALLEL = { podManagementPolicy: 'Parallel' }

describe('one after the other', () => {
  test.each<[string, StatefulSet, readonly string[], readonly string[]]>([
    ['creates the first', statefulSet(3), [], ['create 0:new']],
    ['waits for one to be ready', statefulSet(3), ['0:pending'], []],
    ['goes on when it is', statefulSet(3), ['0:ready'], ['create 1:new']],
    ['fills a gap before it goes on', statefulSet(3), ['0:ready', '2:ready'], ['create 1:new']],
    ['replaces a failed pod', statefulSet(2), ['0:failed', '1:ready'], ['delete 0']],
    ['waits for one to stop', statefulSet(2), ['0:going', '1:ready'], []],
    ['waits until one is available', statefulSet(2, { minReadySeconds: 11 }), ['0:ready'], []],
    ['goes on when it is available', statefulSet(2, { minReadySeconds: 10 }), ['0:ready'], ['create 1:new']],
    ['scales down from the top', statefulSet(1), ['0:ready', '1:ready', '2:ready'], ['delete 2']],
    ['waits for the last one to stop before the next', statefulSet(1), ['0:ready', '1:ready', '2:going'], []],
    ['scales down nothing while another is not well', statefulSet(1), ['0:pending', '1:ready'], []],
    ['takes one that is not well itself', statefulSet(1), ['0:ready', '1:pending'], ['delete 1']],
    ['but not above one that is not well', statefulSet(1), ['0:ready', '1:pending', '2:ready'], ['delete 2']],
    ['updates from the top', statefulSet(3), ['0:ready:old', '1:ready:old', '2:ready:old'], ['delete 2']],
    ['goes down when that is done', statefulSet(3), ['0:ready:old', '1:ready:old', '2:ready'], ['delete 1']],
    ['starts at its first ordinal', statefulSet(2, { ordinals: { start: 4 } }), ['4:ready'], ['create 5:new']],
    [
      'leaves ordinals before its first',
      statefulSet(1, { ordinals: { start: 1 } }),
      ['0:ready', '1:ready'],
      ['delete 0'],
    ],
    [
      'stops at the partition',
      statefulSet(3, { updateStrategy: { rollingUpdate: { partition: 2 } } }),
      ['0:ready:old', '1:ready:old', '2:ready'],
      [],
    ],
    [
      'makes what is below the partition at the current revision',
      statefulSet(3, { updateStrategy: { rollingUpdate: { partition: 2 } } }),
      ['0:ready:old'],
      ['create 1:old'],
    ],
    [
      'updates as many as may be unavailable',
      statefulSet(3, { updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }),
      ['0:ready:old', '1:ready:old', '2:ready:old'],
      ['delete 2', 'delete 1'],
    ],
    [
      'updates at least one, however small the percentage',
      statefulSet(3, { updateStrategy: { rollingUpdate: { maxUnavailable: '10%' } } }),
      ['0:ready:old', '1:ready:old', '2:ready:old'],
      ['delete 2'],
    ],
    [
      'updates nothing by itself with OnDelete',
      statefulSet(1, { updateStrategy: { type: 'OnDelete' } }),
      ['0:ready:old'],
      [],
    ],
  ])('%s', (_name, set, pods, expected) => {
    expect(decide(set, pods)).toEqual(expected)
  })

  test('does nothing for a set that is being deleted', () => {
    const { metadata, ...set } = statefulSet(3)
    const going = { ...set, metadata: { ...metadata, deletionTimestamp: '2026-01-01T12:00:00Z' } }
    expect(decide(going, ['0:failed'])).toEqual([])
  })
})

describe('all at once', () => {
  test.each<[string, StatefulSet, readonly string[], readonly string[]]>([
    ['creates all', statefulSet(3, PARALLEL), [], ['create 0:new', 'create 1:new', 'create 2:new']],
    ['creates what is missing', statefulSet(3, PARALLEL), ['1:pending'], ['create 0:new', 'create 2:new']],
    ['scales down at once', statefulSet(1, PARALLEL), ['0:pending', '1:ready', '2:ready'], ['delete 2', 'delete 1']],
    ['updates one at a time', statefulSet(2, PARALLEL), ['0:ready:old', '1:ready:old'], ['delete 1']],
    ['waits for the updated one', statefulSet(2, PARALLEL), ['0:ready:old', '1:pending'], []],
    ['replaces a broken revision', statefulSet(2, PARALLEL), ['0:ready:old', '1:pending:old'], ['delete 1']],
    [
      'does not count one that is down twice',
      statefulSet(4, { ...PARALLEL, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }),
      ['0:ready:old', '1:ready:old', '2:ready:old', '3:pending'],
      ['delete 2'],
    ],
  ])('%s', (_name, set, pods, expected) => {
    expect(decide(set, pods)).toEqual(expected)
  })
})

describe('claims', () => {
  const template = { metadata: { name: 'data' }, spec: {} } as PersistentVolumeClaim
  const withClaims = (replicas: number, whenScaled = 'Retain', whenDeleted = 'Retain'): StatefulSet =>
    statefulSet(replicas, {
      volumeClaimTemplates: [template],
      persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted },
    })
  const claim = (ordinal: number, owner?: { kind: string; name: string; uid: string }): PersistentVolumeClaim => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `data-db-${ordinal}`,
      ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', controller: true, ...owner }] }),
    },
    spec: {},
  })

  test('that are missing are made for a pod that waits for them', () => {
    expect(decide(withClaims(1), ['0:pending'])).toEqual(['claims 0'])
    expect(decide(withClaims(1), ['0:pending'], [claim(0)])).toEqual([])
  })

  test('that go with an earlier pod of the name hold the next one up', () => {
    const stale = claim(0, { kind: 'Pod', name: 'db-0', uid: 'earlier' })
    expect(decide(withClaims(1, 'Delete'), [], [stale])).toEqual([])
    expect(decide(withClaims(1), [], [stale])).toEqual(['create 0:new'])
  })

  test('without the owners that the retention policy asks for are repaired', () => {
    expect(decide(withClaims(1, 'Retain', 'Delete'), ['0:ready'], [claim(0)])).toEqual(['repair 0'])
    expect(decide(withClaims(1, 'Delete'), ['0:ready', '1:ready'], [claim(0), claim(1)])).toEqual([
      'repair 1',
      'delete 1',
    ])
  })

  test.each([
    { whenScaled: 'Retain', whenDeleted: 'Retain', ordinal: 0, owner: undefined },
    { whenScaled: 'Retain', whenDeleted: 'Delete', ordinal: 0, owner: 'StatefulSet' },
    { whenScaled: 'Retain', whenDeleted: 'Delete', ordinal: 5, owner: 'StatefulSet' },
    { whenScaled: 'Delete', whenDeleted: 'Retain', ordinal: 0, owner: undefined },
    { whenScaled: 'Delete', whenDeleted: 'Retain', ordinal: 5, owner: 'Pod' },
    { whenScaled: 'Delete', whenDeleted: 'Delete', ordinal: 0, owner: 'StatefulSet' },
    { whenScaled: 'Delete', whenDeleted: 'Delete', ordinal: 5, owner: 'Pod' },
  ])('scaled: $whenScaled, deleted: $whenDeleted, ordinal $ordinal: owned by $owner', (row) => {
    const set = withClaims(1, row.whenScaled, row.whenDeleted)
    const pod = member(set, `${row.ordinal}:ready`)
    const owners = claimOwners(claim(row.ordinal), set, pod)
    expect(owners.map(({ kind }) => kind)).toEqual(row.owner === undefined ? [] : [row.owner])
    const right = { ...claim(row.ordinal), metadata: { name: 'x', ownerReferences: owners } }
    expect(claimOwners(right, set, pod)).toBe(owners)
  })

  test('that something else controls are left to it', () => {
    const foreign = claim(0, { kind: 'Restore', name: 'backup', uid: 'other' })
    const set = withClaims(1, 'Delete', 'Delete')
    expect(claimOwners(foreign, set, member(set, '0:ready'))).toBe(foreign.metadata.ownerReferences)
  })
})
