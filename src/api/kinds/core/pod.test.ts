import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { Container, PodSpec, PodStatus } from '../../types.generated.ts'
import { Pod } from './pod.ts'

const web: Container = { name: 'web', image: 'nginx:1.29' }

function submitted(spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: '1', resourceVersion: '1', ...metadata },
    spec: { containers: [web], ...spec },
  }
}

function created(spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return Pod.prepareForCreate?.(submitted(spec, metadata)) ?? submitted()
}

function problemsOfUpdate(change: Partial<PodSpec>, old = created()): readonly string[] {
  const wanted = Pod.default?.({ ...old, spec: { ...old.spec, ...change } }) ?? old
  return printCauses(Pod.validate?.(wanted, old))
}

describe('a new pod', () => {
  test('is pending, of a class, and without the status that was sent', () => {
    const pod = Pod.prepareForCreate?.({ ...submitted(), status: { phase: 'Running', podIP: '10.0.0.1' } })
    expect(pod?.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
    expect(printCauses(Pod.validate?.(created()))).toEqual([])
  })

  test('that is held back by gates says so', () => {
    expect(created({ schedulingGates: [{ name: 'a/b' }] }).status?.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ])
    const bound = created({ schedulingGates: [{ name: 'a/b' }], nodeName: 'node-1' })
    expect(printCauses(Pod.validate?.(bound))).toEqual([
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ])
  })

  test('without a spec lacks containers', () => {
    const { spec: _, ...rest } = submitted()
    const pod = Pod.prepareForCreate?.(rest as Pod) ?? submitted()
    expect(printCauses(Pod.validate?.(pod))).toEqual(['spec.containers: Required value'])
  })

  test('has the values of its own labels in the selectors that ask for them', () => {
    const labelSelector = { matchLabels: { app: 'web' } }
    const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector }
    const spec: Partial<PodSpec> = {
      topologySpreadConstraints: [{ ...spread, matchLabelKeys: ['hash'] }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: 'host', labelSelector, matchLabelKeys: ['hash'], mismatchLabelKeys: ['tenant'] },
          ],
        },
      },
    }
    const pod = created(spec, { labels: { hash: '1', tenant: 'a' } })
    expect(pod.spec.topologySpreadConstraints?.[0]?.labelSelector?.matchExpressions).toEqual([
      { key: 'hash', operator: 'In', values: ['1'] },
    ])
    const [term] = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    expect(term?.labelSelector?.matchExpressions).toEqual([
      { key: 'hash', operator: 'In', values: ['1'] },
      { key: 'tenant', operator: 'NotIn', values: ['a'] },
    ])
    expect(printCauses(Pod.validate?.(pod))).toEqual([])
    const template = submitted(spec, { labels: { hash: '1', tenant: 'a' } })
    expect(Pod.prepareForCreate?.(template).spec).toBe(Pod.prepareForCreate?.(template).spec)
  })

  test('has its hostname in mind', () => {
    const [warning] = [...(Pod.warnings?.(created({}, { name: 'web.shop' })) ?? [])]
    expect(warning).toMatch("metadata.name: this is used in the Pod's hostname")
  })
})

describe('an update', () => {
  test.each<[string, Partial<PodSpec>]>([
    ['an image', { containers: [{ ...web, image: 'nginx:1.30', imagePullPolicy: 'IfNotPresent' }] }],
    ['a deadline', { activeDeadlineSeconds: 60 }],
    ['a further toleration', { tolerations: [{ key: 'a', operator: 'Exists' }] }],
  ])('may set %s', (_what, change) => {
    expect(problemsOfUpdate(change)).toEqual([])
  })

  test('may change nothing else', () => {
    const [problem, ...others] = problemsOfUpdate({ dnsPolicy: 'Default' })
    expect(others).toEqual([])
    expect(problem?.split('\n')).toEqual([
      'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
      '- \tdnsPolicy: "ClusterFirst"',
      '+ \tdnsPolicy: "Default"',
      '',
    ])
  })

  test.each<[string, Partial<PodSpec>, string]>([
    [
      'containers',
      { containers: [web, { ...web, name: 'b' }] },
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
    [
      'tolerations',
      { tolerations: [{ key: 'b', operator: 'Exists' }] },
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ],
    [
      'deadlines',
      { activeDeadlineSeconds: 20 },
      'spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value',
    ],
    [
      'gates',
      { schedulingGates: [{ name: 'x/y' }] },
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'x/y'",
    ],
  ])('does not touch %s', (_what, change, problem) => {
    const old = created({ tolerations: [{ key: 'a', operator: 'Exists' }], activeDeadlineSeconds: 10 })
    expect(problemsOfUpdate(change, old)).toEqual([problem])
  })

  test('may narrow the choice of nodes while gates hold the pod back', () => {
    const gated = created({ schedulingGates: [{ name: 'a/b' }], nodeSelector: { disk: 'ssd' } })
    expect(problemsOfUpdate({ nodeSelector: { disk: 'ssd', zone: 'a' } }, gated)).toEqual([])
    expect(problemsOfUpdate({ nodeSelector: { zone: 'a' } }, gated)).toEqual([
      'spec.nodeSelector: Invalid value: {"zone":"a"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ])
  })

  test('keeps the status', () => {
    const old = created()
    expect(Pod.prepareForUpdate?.({ ...old, status: { phase: 'Failed' } }, old).status).toBe(old.status)
  })
})

describe('a status', () => {
  const old = created({ restartPolicy: 'Never' })

  function problemsOfStatus(status: PodStatus, before: PodStatus = {}): readonly string[] {
    const from = { ...old, status: { ...old.status, ...before } }
    return printCauses(Pod.validateStatus?.({ ...from, status: { ...from.status, ...status } }, from))
  }

  const state = (running: boolean) => [
    {
      name: 'web',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: running ? { running: {} } : { terminated: { exitCode: 1 } },
    },
  ]

  test.each<[PodStatus, PodStatus, readonly string[]]>([
    [{ phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] }, {}, []],
    [{ qosClass: 'Guaranteed' }, {}, ['status.qosClass: Invalid value: "Guaranteed": field is immutable']],
    [
      { containerStatuses: state(true) },
      { containerStatuses: state(false) },
      ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'],
    ],
    [
      { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
      {},
      [
        'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      ],
    ],
    [
      { podIPs: [{ ip: 'here' }] },
      {},
      ['status.podIPs[0]: Invalid value: "here": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      { hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] },
      {},
      ['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`'],
    ],
  ])('%j after %j', (status, before, problems) => {
    expect(problemsOfStatus(status, before)).toEqual(problems)
  })

  test('keeps its class, and says its address twice', () => {
    const status = { phase: 'Running', podIP: '10.0.0.1' }
    expect(Pod.default?.({ ...old, status }).status).toEqual({
      phase: 'Running',
      qosClass: 'BestEffort',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
    })
  })
})

test.each<[Partial<PodSpec>, PodStatus, number]>([
  [{}, { phase: 'Pending' }, 0],
  [{ nodeName: 'a' }, { phase: 'Running' }, 30],
  [{ nodeName: 'a', terminationGracePeriodSeconds: 5 }, { phase: 'Running' }, 5],
  [{ nodeName: 'a', terminationGracePeriodSeconds: -5 }, { phase: 'Running' }, 1],
  [{ nodeName: 'a' }, { phase: 'Succeeded' }, 0],
])('a pod %j in %j has %d s to end', (spec, status, seconds) => {
  expect(Pod.gracePeriodSeconds?.({ ...created(spec), status })).toBe(seconds)
})

test('selectable fields', () => {
  const pod = {
    ...created({ nodeName: 'a', serviceAccountName: 'b' }),
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
  }
  expect(Object.fromEntries((Pod.selectableFields ?? []).map(({ path, value }) => [path, value(pod)]))).toEqual({
    'spec.nodeName': 'a',
    'spec.restartPolicy': 'Always',
    'spec.schedulerName': 'default-scheduler',
    'spec.serviceAccountName': 'b',
    'spec.hostNetwork': 'false',
    'status.phase': 'Running',
    'status.podIP': '10.0.0.1',
    'status.nominatedNodeName': '',
  })
})
