import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import { Binding } from './binding.ts'
import { ComponentStatus } from './component-status.ts'
import { ConfigMap } from './config-map.ts'
import { Endpoints } from './endpoints.ts'
import { Event } from './event.ts'
import { Namespace } from './namespace.ts'
import { PodTemplate } from './pod-template.ts'
import { ReplicationController } from './replication-controller.ts'
import { Secret } from './secret.ts'
import { ServiceAccount } from './service-account.ts'
import { validateNewEvent, validateNewEventUpdate } from './validate-event.ts'

const metadata = { name: 'a', namespace: 'shop', resourceVersion: '1' }
const NOW_MS = Date.parse('2026-11-23T08:00:00Z')

describe('Namespace', () => {
  const plain = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as Namespace

  test('is active, selectable by its name, and held until it is empty', () => {
    const created = Namespace.prepareForCreate?.(plain) ?? plain
    expect(created).toEqual({
      ...plain,
      metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
    expect(Namespace.default?.(created)).toBe(created)
    expect(printCauses(Namespace.validate?.(created))).toEqual([])
  })

  test('keeps its finalizers and its status on update', () => {
    const old = Namespace.prepareForCreate?.(plain) ?? plain
    const next = Namespace.prepareForUpdate?.({ ...old, spec: { finalizers: [] }, status: { phase: 'Gone' } }, old)
    expect(next).toEqual(old)
  })

  test('is terminating exactly when it is deleted', () => {
    const old = Namespace.prepareForCreate?.(plain) ?? plain
    const gone = { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-11-23T08:00:00Z' } }
    expect(printCauses(Namespace.validateStatus?.({ ...old, status: { phase: 'Terminating' } }, old))).toEqual([
      'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
    ])
    expect(printCauses(Namespace.validateStatus?.(gone, gone))).toEqual([
      'status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty',
    ])
  })
})

describe('ConfigMap', () => {
  const map: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } }

  test.each<[Partial<ConfigMap>, readonly string[]]>([
    [{}, []],
    [{ binaryData: { a: 'MQ==' } }, ['data[a]: Invalid value: "a": duplicate of key present in binaryData']],
    [{ data: { a: 'x'.repeat(2 ** 20 + 1) } }, ['[]: Too long: may not be more than 1048576 bytes']],
    [{ data: { '..': '1' } }, ['data[..]: Invalid value: "..": must not be \'..\'']],
  ])('%#', (changes, problems) => {
    expect(printCauses(ConfigMap.validate?.({ ...map, ...changes }))).toEqual(problems)
  })

  test('that is immutable stays', () => {
    const old = { ...map, immutable: true }
    expect(printCauses(ConfigMap.validate?.({ ...old, data: { a: '2' } }, old))).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ])
    expect(printCauses(ConfigMap.validate?.(map, old))).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
    ])
  })

  test('counts its keys', () => {
    const cell = ConfigMap.columns?.find(({ name }) => name === 'Data')?.cell
    expect(cell?.({ ...map, binaryData: { b: '' } }, 0)).toBe(2)
  })
})

describe('Secret', () => {
  const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: {} }
  const base64 = (text: string) => Buffer.from(text).toString('base64')

  test('texts are stored as data, which they override', () => {
    const given = { ...secret, type: '', data: { a: 'MQ==', b: 'Mg==' }, stringData: { b: 'three' } }
    expect(Secret.default?.(given)).toEqual({ ...secret, data: { a: 'MQ==', b: base64('three') } })
    expect(Secret.default?.(secret)).toBe(secret)
  })

  test.each<[Partial<Secret>, readonly string[]]>([
    [{ type: 'kubernetes.io/tls' }, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    [{ type: 'kubernetes.io/basic-auth' }, ['data[username]: Required value', 'data[password]: Required value']],
    [{ type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
    [
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [{ type: 'kubernetes.io/dockerconfigjson' }, ['data[.dockerconfigjson]: Required value']],
    [
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('hello') } },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'h\' looking for beginning of value',
      ],
    ],
    [{ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': base64('{"auths":{}}') } }, []],
  ])('%j', (changes, problems) => {
    expect(printCauses(Secret.validate?.({ ...secret, ...changes }))).toEqual(problems)
  })

  test('keeps its type', () => {
    expect(printCauses(Secret.validate?.({ ...secret, type: 'example.com/other' }, secret))).toEqual([
      'type: Invalid value: "example.com/other": field is immutable',
    ])
    const { type: _, ...untyped } = secret
    expect(Secret.prepareForUpdate?.(untyped, { ...secret, type: 'x' }).type).toBe('x')
  })
})

describe('Endpoints', () => {
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata,
    subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }],
  }

  test('speak TCP', () => {
    const filled = Endpoints.default?.(endpoints) ?? endpoints
    expect(filled.subsets?.[0]?.ports).toEqual([{ port: 80, protocol: 'TCP' }])
    expect(Endpoints.default?.(filled)).toBe(filled)
    expect(printCauses(Endpoints.validate?.(filled))).toEqual([])
  })

  test('have addresses that can be reached', () => {
    const subsets = [{}, { addresses: [{ ip: '169.254.1.1' }], ports: [{ port: 80, protocol: 'TCP' }] }]
    expect(printCauses(Endpoints.validate?.({ ...endpoints, subsets }))).toEqual([
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ])
  })

  test('show the first three', () => {
    const cell = Endpoints.columns?.find(({ name }) => name === 'Endpoints')?.cell
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1'].map((ip) => ({ ip }))
    expect(cell?.({ ...endpoints, subsets: [{ addresses, ports: [{ port: 80 }] }] }, 0)).toBe(
      '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...',
    )
    expect(cell?.({ ...endpoints, subsets: [{ addresses: [{ ip: 'fd00::1' }], ports: [{ port: 80 }] }] }, 0)).toBe(
      '[fd00::1]:80',
    )
    expect(cell?.({ ...endpoints, subsets: [] }, 0)).toBe('<none>')
  })
})

describe('Event', () => {
  const event: Event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata,
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web' },
    reason: 'Started',
    message: ' Started container ',
    type: 'Normal',
    source: { component: 'kubelet', host: 'node-1' },
    firstTimestamp: '2026-11-23T07:50:00Z',
    lastTimestamp: '2026-11-23T07:59:00Z',
    count: 3,
  }
  const { firstTimestamp: _first, lastTimestamp: _last, count: _count, source: _source, ...rest } = event
  const modern: Event = {
    ...rest,
    eventTime: '2026-11-23T07:59:30.000000Z',
    reportingComponent: 'example.com/controller',
    reportingInstance: 'one',
    action: 'Starting',
  }

  test('stands in the namespace of what it is about', () => {
    expect(printCauses(Event.validate?.(event))).toEqual([])
    expect(printCauses(Event.validate?.({ ...event, involvedObject: { kind: 'Node', name: 'n' } }))).toEqual([
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ])
  })

  test('of the newer sort says who reports what', () => {
    expect(printCauses(Event.validate?.(modern))).toEqual([])
    const { action: _action, ...without } = modern
    expect(printCauses(Event.validate?.({ ...without, reportingComponent: '' }))[0]).toBe(
      'reportingController: Required value',
    )
    expect(printCauses(validateNewEvent(modern))).toEqual([])
    expect(printCauses(validateNewEvent({ ...modern, count: 1, type: 'Loud' }))).toEqual([
      'type: Invalid value: "": has invalid value: Loud',
      'count: Invalid value: "": needs to be unset',
    ])
    expect(printCauses(validateNewEventUpdate({ ...modern, message: 'other' }, modern))).toEqual([
      'message: Invalid value: "other": field is immutable',
    ])
  })

  test('columns', () => {
    const cells = (one: Event) => (Event.columns ?? []).map(({ cell }) => cell(one, NOW_MS))
    expect(cells(event)).toEqual([
      '60s',
      'Normal',
      'Started',
      'pod/web',
      '',
      'kubelet, node-1',
      'Started container',
      '10m',
      3,
      'a',
    ])
    expect(
      cells({ ...modern, series: { count: 5, lastObservedTime: '2026-11-23T07:59:50.000000Z' } }).slice(0, 9),
    ).toEqual(['10s', 'Normal', 'Started', 'pod/web', '', 'example.com/controller, one', 'Started container', '30s', 5])
  })

  test('is found by what it is about', () => {
    const fields = Object.fromEntries((Event.selectableFields ?? []).map(({ path, value }) => [path, value(event)]))
    expect(fields).toMatchObject({ 'involvedObject.name': 'web', reason: 'Started', source: 'kubelet', type: 'Normal' })
  })
})

describe('ReplicationController', () => {
  const template = {
    metadata: { name: '', labels: { app: 'web' } },
    spec: { containers: [{ name: 'web', image: 'a' }] },
  }
  const plain: ReplicationController = { apiVersion: 'v1', kind: 'ReplicationController', metadata, spec: { template } }

  test('selects its own pods, of which there is one', () => {
    const filled = ReplicationController.default?.(plain) ?? plain
    expect(filled.metadata.labels).toEqual({ app: 'web' })
    expect(filled.spec).toMatchObject({ replicas: 1, selector: { app: 'web' } })
    expect(ReplicationController.default?.(filled)).toBe(filled)
    expect(printCauses(ReplicationController.validate?.(filled))).toEqual([])
  })

  test('must match its template, whose pods go on forever', () => {
    const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } }
    const given = { ...plain, spec: { selector: { app: 'other' }, template: once, replicas: -1 } }
    expect(printCauses(ReplicationController.validate?.(ReplicationController.default?.(given) ?? given))).toEqual([
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ])
  })

  test('counts parts of a whole', () => {
    const status = { replicas: 1, readyReplicas: 2, availableReplicas: 3 }
    expect(printCauses(ReplicationController.validateStatus?.({ ...plain, status }, plain))).toEqual([
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ])
  })

  test('columns', () => {
    const filled = ReplicationController.default?.(plain) ?? plain
    expect((ReplicationController.columns ?? []).map(({ cell }) => cell(filled, 0))).toEqual([
      'a',
      1,
      0,
      0,
      '<unknown>',
      'web',
      'a',
      'app=web',
    ])
  })
})

test('a PodTemplate is defaulted, validated and printed as a template', () => {
  const plain: PodTemplate = {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata,
    template: { metadata: { name: '', labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: '' }] } },
  }
  const filled = PodTemplate.default?.(plain) ?? plain
  expect(filled.template?.spec?.restartPolicy).toBe('Always')
  expect(printCauses(PodTemplate.validate?.(filled))).toEqual(['template.spec.containers[0].image: Required value'])
  expect((PodTemplate.columns ?? []).map(({ cell }) => cell(filled, 0))).toEqual(['a', 'web', '', 'app=web'])
})

test('a ServiceAccount needs a name only', () => {
  const account: ServiceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, name: 'A' } }
  expect(printCauses(ServiceAccount.validate?.(account))).toHaveLength(1)
  expect(ServiceAccount.columns?.[1]?.cell(account, 0)).toBe(0)
})

test('a Binding names a node', () => {
  const binding: Binding = { apiVersion: 'v1', kind: 'Binding', metadata, target: { kind: 'Pod' } }
  expect(printCauses(Binding.validate?.(binding))).toEqual([
    'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    'target.name: Required value',
  ])
})

test('a ComponentStatus is healthy or not', () => {
  const component = (status: string): ComponentStatus => ({
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name: 'etcd-0' },
    conditions: [{ type: 'Healthy', status, message: 'ok' }],
  })
  const cells = (one: ComponentStatus) => (ComponentStatus.columns ?? []).map(({ cell }) => cell(one, 0))
  expect(cells(component('True'))).toEqual(['etcd-0', 'Healthy', 'ok', ''])
  expect(cells(component('False'))).toEqual(['etcd-0', 'Unhealthy', 'ok', ''])
})
