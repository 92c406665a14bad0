import { describe, expect, test } from 'vitest'
import { refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { DeviceClass } from './device-class.ts'
import { ResourceSlice } from './resource-slice.ts'

const SPEC = {
  driver: 'gpu.example.com',
  nodeName: 'node-1',
  pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 },
}

function slice(change: object = {}): ResourceSlice {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: { name: 's' },
    spec: { ...SPEC, ...change },
  }
}

function deviceProblems(device: object, change: object = {}): readonly string[] {
  return refusals(ResourceSlice, slice({ devices: [{ name: 'gpu-0', ...device }], ...change }))
}

describe('a ResourceSlice', () => {
  test.each<[object, readonly string[]]>([
    [{}, []],
    [
      { pool: {}, nodeName: undefined },
      [
        'spec.pool.name: Required value',
        'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
        'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required',
      ],
    ],
    [
      { allNodes: true, perDeviceNodeSelection: false },
      [
        'spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true',
        'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
      ],
    ],
    [
      { devices: [], sharedCounters: [{ name: 'memory', counters: { total: { value: '1Gi' } } }, { name: 'memory' }] },
      [
        'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
        'spec.sharedCounters[1].counters: Required value',
        'spec.sharedCounters[1]: Duplicate value: "memory"',
      ],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(ResourceSlice, slice(change))).toEqual(expected)
  })

  test.each<[object, readonly string[]]>([
    [
      {
        attributes: { ecc: { bool: true }, 'example.com/model': { string: 'a' }, version: { version: '1.2.3-rc.1+x' } },
      },
      [],
    ],
    [
      {
        attributes: {
          '1x': { int: 1 },
          v: { version: '1.2' },
          two: { bool: true, int: 1 },
          none: {},
          'a/b/c': { int: 1 },
        },
      },
      [
        `spec.devices[0].attributes: Invalid value: "1x": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')`,
        'spec.devices[0].attributes[v].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0',
        'spec.devices[0].attributes[two]: Invalid value: {"Bool":true,"Int":1}: exactly one value must be specified',
        'spec.devices[0].attributes[none]: Invalid value: "": exactly one value must be specified',
        'spec.devices[0].attributes: Invalid value: "a/b/c": must not contain more than one slash',
      ],
    ],
    [
      {
        taints: [
          { key: 'a', effect: 'Maybe' },
          { key: '', effect: 'NoExecute' },
        ],
      },
      [
        'spec.devices[0].taints[0].effect: Unsupported value: "Maybe": supported values: "NoExecute", "NoSchedule", "None"',
        'spec.devices[0].taints[1].key: Invalid value: "": name part must be non-empty',
        `spec.devices[0].taints[1].key: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      ],
    ],
    [
      { allNodes: true },
      [
        'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
      ],
    ],
    [
      { bindingConditions: ['ready'], bindingFailureConditions: ['ready'] },
      [
        'spec.devices[0].bindingFailureConditions[0]: Invalid value: "ready": bindingFailureConditions must not overlap with bindingConditions',
      ],
    ],
    [
      { bindingConditions: ['ready'] },
      [
        'spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions',
      ],
    ],
    [
      { capacity: { memory: { value: '10Gi', requestPolicy: { default: '1Gi', validRange: { min: '1Gi' } } } } },
      ['spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true'],
    ],
  ])('a device %j', (device, expected) => {
    expect(deviceProblems(device)).toEqual(expected)
  })

  test.each<[object, readonly string[]]>([
    [{ default: '2Gi', validRange: { min: '1Gi', max: '4Gi', step: '1Gi' } }, []],
    [{ default: '2Gi', validValues: ['1Gi', '2Gi'] }, []],
    [{ validValues: ['1Gi'] }, ['.default: Required value: required when validValues is defined']],
    [
      { default: '3Gi', validValues: ['20Gi', '1Gi', '1Gi'] },
      [
        '.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order',
        '.validValues[0]: Invalid value: "20Gi": option is larger than capacity value: 10Gi',
        '.validValues[2]: Duplicate value: "1073741824"',
        '.validValues: Invalid value: "3Gi": default value is not valid according to the requestPolicy',
      ],
    ],
    [
      { default: '1Gi', validRange: { min: '2Gi', max: '20Gi', step: '10Gi' } },
      [
        '.validRange.default: Invalid value: "1Gi": default is less than min: 2Gi',
        '.validRange.max: Invalid value: "20Gi": max is larger than capacity value: 10Gi',
        '.validRange.step: Invalid value: "10Gi": one step 12Gi is larger than capacity value: 10Gi',
        '.validRange.step: Invalid value: "1Gi": value is not a multiple of a given step (10Gi) from (2Gi)',
        '.validRange.step: Invalid value: "20Gi": value is not a multiple of a given step (10Gi) from (2Gi)',
      ],
    ],
  ])('a capacity that is shared by %j', (requestPolicy, expected) => {
    const device = { allowMultipleAllocations: true, capacity: { memory: { value: '10Gi', requestPolicy } } }
    const field = 'spec.devices[0].capacity[memory].requestPolicy'
    expect(deviceProblems(device)).toEqual(expected.map((text) => `${field}${text}`))
  })

  test('devices that each say where they are', () => {
    const change = { nodeName: undefined, perDeviceNodeSelection: true }
    expect(deviceProblems({ nodeName: 'node-1' }, change)).toEqual([])
    const rule =
      'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
    expect(deviceProblems({}, change)).toEqual([`spec.devices[0]: Required value: ${rule}`])
    expect(deviceProblems({ nodeName: 'node-1', allNodes: true }, change)).toEqual([
      `spec.devices[0]: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${rule}`,
    ])
  })

  test('stays where it is', () => {
    const change = { nodeName: 'node-2', driver: 'other.example.com', pool: { ...SPEC.pool, name: 'p' } }
    expect(updateRefusals(ResourceSlice, slice(change), slice())).toEqual([
      'spec.pool.name: Invalid value: "p": field is immutable',
      'spec.driver: Invalid value: "other.example.com": field is immutable',
      'spec.nodeName: Invalid value: "node-2": field is immutable',
    ])
  })

  test('kubectl get, and its selectors', () => {
    expect(row(ResourceSlice, slice(), 0)).toEqual({
      Name: 's',
      Node: 'node-1',
      Driver: 'gpu.example.com',
      Pool: 'node-1',
      Age: '<unknown>',
    })
    expect(ResourceSlice.selectableFields?.map(({ path, value }) => [path, value(slice())])).toEqual([
      ['spec.nodeName', 'node-1'],
      ['spec.driver', 'gpu.example.com'],
    ])
  })
})

describe('a DeviceClass', () => {
  function deviceClass(spec: DeviceClass['spec']): DeviceClass {
    return { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu' }, spec }
  }

  test('is made of selectors and configuration', () => {
    expect(
      refusals(
        DeviceClass,
        deviceClass({ selectors: [{}, { cel: { expression: '1' } }], config: [{}], extendedResourceName: 'gpu' }),
      ),
    ).toEqual([
      'spec.selectors[0].cel: Required value',
      'spec.selectors[1].cel.expression: Invalid value: "1": must evaluate to bool or the unknown type, not int',
      'spec.config[0].opaque: Required value',
      'spec.extendedResourceName: Invalid value: "gpu": must be a valid extended resource name',
    ])
    expect(refusals(DeviceClass, deviceClass({ extendedResourceName: 'example.com/gpu' }))).toEqual([])
  })
})
