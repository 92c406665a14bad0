import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { ResourceClaim } from './resource-claim.ts'
import { ResourceClaimTemplate } from './resource-claim-template.ts'

const GPU = { name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }

function claim(devices: object, status?: object): ResourceClaim {
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: { name: 'c', namespace: 'shop' },
    spec: { devices: devices as NonNullable<ResourceClaim['spec']['devices']> },
    ...(status === undefined ? {} : { status: status as NonNullable<ResourceClaim['status']> }),
  }
}

function selected(expression: string): object {
  const exactly = { deviceClassName: 'gpu.example.com', selectors: [{ cel: { expression } }] }
  return { requests: [{ name: 'gpu', exactly }] }
}

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const REFERENCE_RULE =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

describe('a ResourceClaim', () => {
  test('asks for one device by default, also where Go sent zeros', () => {
    const given = {
      requests: [
        { name: 'a', exactly: { deviceClassName: 'x', allocationMode: '', count: 0 } },
        { name: 'b', firstAvailable: [{ name: 's', deviceClassName: 'x' }] },
        { name: 'c', exactly: { deviceClassName: 'x', allocationMode: 'All' } },
      ],
    }
    const spec = created(ResourceClaim, claim(given)).spec.devices?.requests
    expect(spec?.[0]?.exactly).toMatchObject({ allocationMode: 'ExactCount', count: 1 })
    expect(spec?.[1]?.firstAvailable?.[0]).toMatchObject({ allocationMode: 'ExactCount', count: 1 })
    expect(spec?.[2]?.exactly).toEqual({ deviceClassName: 'x', allocationMode: 'All' })
  })

  test.each<[object, readonly string[]]>([
    [{ requests: [GPU] }, []],
    [
      { requests: [{ name: 'G' }, { ...GPU, firstAvailable: [{ name: 'a', deviceClassName: 'b' }] }] },
      [
        `spec.devices.requests[0].name: Invalid value: "G": ${LABEL_RULE}`,
        'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
        'spec.devices.requests[1]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
      ],
    ],
    [
      {
        requests: [
          {
            name: 'gpu',
            exactly: { allocationMode: 'All', count: 2, tolerations: [{ operator: 'Exists', value: 'x' }] },
          },
          { name: 'gpu', exactly: { deviceClassName: 'a', allocationMode: 'Some' } },
        ],
      },
      [
        'spec.devices.requests[0].exactly.deviceClassName: Required value',
        "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
        'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`',
        'spec.devices.requests[1].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"',
        'spec.devices.requests[1]: Duplicate value: "gpu"',
      ],
    ],
    [
      {
        requests: [GPU, { name: 'net', firstAvailable: [{ name: 'fast', deviceClassName: 'net' }] }],
        constraints: [
          { requests: ['gpu', 'net/fast'], matchAttribute: 'example.com/numa' },
          { requests: ['net/slow', 'gpu'], matchAttribute: 'numa' },
          {},
        ],
        config: [{ requests: ['gpu', 'gpu'] }, { opaque: { driver: 'gpu.example.com', parameters: [1] } }],
      },
      [
        `spec.devices.constraints[1].requests[0]: Invalid value: "net/slow": ${REFERENCE_RULE}`,
        'spec.devices.constraints[1].matchAttribute: Invalid value: "numa": a fully qualified name must be a domain and a name separated by a slash',
        'spec.devices.constraints[2]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
        'spec.devices.config[0].requests[1]: Duplicate value: "gpu"',
        'spec.devices.config[0].opaque: Required value',
        'spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      ],
    ],
  ])('%j', (devices, expected) => {
    expect(refusals(ResourceClaim, claim(devices))).toEqual(expected)
  })

  test('takes no more requests than there can be results', () => {
    const requests = Array.from({ length: 33 }, (_, index) => ({ ...GPU, name: `gpu-${index}` }))
    expect(refusals(ResourceClaim, claim({ requests }))).toEqual([
      'spec.devices.requests: Too many: 33: must have at most 32 items',
    ])
  })

  test.each<[string, readonly string[]]>([
    ['device.driver == "gpu.example.com"', []],
    ['device.attributes["gpu.example.com"].ecc', []],
    ['device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) >= 0', []],
    ['cel.bind(gpu, device.attributes["gpu.example.com"], gpu.ecc && gpu.fast)', []],
    ['semver(device.attributes["a"].version).isGreaterThan(semver("1.0.0"))', []],
    ['device.driver', ['Invalid value: "device.driver": must evaluate to bool or the unknown type, not string']],
    [
      'device.colour == 1',
      [
        `Invalid value: "device.colour == 1": compilation failed: ERROR: <input>:1:7: undefined field 'colour'\n | device.colour == 1\n | ......^`,
      ],
    ],
    [
      'device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a + b == c + d))))',
      ['Forbidden: too complex, exceeds cost limit'],
    ],
  ])('chooses devices where %s', (expression, expected) => {
    const field = 'spec.devices.requests[0].exactly.selectors[0].cel.expression'
    expect(refusals(ResourceClaim, claim(selected(expression)))).toEqual(expected.map((text) => `${field}: ${text}`))
  })

  test('never asks for something else', () => {
    const old = claim({ requests: [GPU] })
    const [problem] = updateRefusals(ResourceClaim, claim({ requests: [] }), old)
    expect(problem).toMatch(/^spec: Invalid value: .*: field is immutable$/)
    expect(updateRefusals(ResourceClaim, claim({ requests: [GPU] }), old)).toEqual([])
  })

  test.each<[string, object, object, readonly string[]]>([
    [
      'reserved without devices',
      {
        reservedFor: [
          { resource: 'pods', name: 'p', uid: 'u' },
          { resource: '', name: '', uid: 'u' },
        ],
      },
      {},
      [
        'status.reservedFor[1].resource: Required value',
        'status.reservedFor[1].name: Required value',
        'status.reservedFor[1]: Duplicate value: "u"',
        'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
      ],
    ],
    [
      'an allocation',
      {
        allocation: {
          devices: {
            results: [
              { request: 'gpu', driver: 'gpu.example.com', pool: 'n/1', device: 'gpu-0' },
              { request: 'other' },
            ],
            config: [{ source: 'Nowhere' }],
          },
        },
        devices: [{ driver: 'gpu.example.com', pool: 'n/1', device: 'gpu-1', networkData: { ips: ['10.0.0.300/24'] } }],
      },
      {},
      [
        'status.devices[0]: Invalid value: "gpu.example.com/n/1/gpu-1": must be an allocated device in the claim',
        'status.devices[0].networkData.ips[0]: Invalid value: "10.0.0.300/24": must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)',
        `status.allocation.devices.results[1].request: Invalid value: "other": ${REFERENCE_RULE}`,
        'status.allocation.devices.results[1].driver: Required value',
        `status.allocation.devices.results[1].driver: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
        'status.allocation.devices.results[1].pool: Required value',
        `status.allocation.devices.results[1].device: Invalid value: "": ${LABEL_RULE}`,
        'status.allocation.devices.config[0].source: Unsupported value: "Nowhere": supported values: "FromClaim", "FromClass"',
        'status.allocation.devices.config[0].opaque: Required value',
      ],
    ],
    [
      'another allocation',
      { allocation: { allocationTimestamp: '2025-01-01T00:00:00Z' } },
      { allocation: {} },
      ['status.allocation: Invalid value: {"allocationTimestamp":"2025-01-01T00:00:00Z"}: field is immutable'],
    ],
  ])('has a status: %s', (_, status, old, expected) => {
    const devices = { requests: [GPU] }
    expect(problems(ResourceClaim.validateStatus?.(claim(devices, status), claim(devices, old)))).toEqual(expected)
  })

  test.each<[object, object, string]>([
    [{}, {}, 'pending'],
    [{ allocation: {} }, {}, 'allocated'],
    [{ allocation: {}, reservedFor: [{ resource: 'pods', name: 'p', uid: 'u' }] }, {}, 'allocated,reserved'],
    [{}, { deletionTimestamp: '2025-01-01T00:00:00Z' }, 'deleted'],
    [{ allocation: {} }, { deletionTimestamp: '2025-01-01T00:00:00Z' }, 'deleted,allocated'],
  ])('kubectl get %j %j', (status, metadata, expected) => {
    const one = claim({}, status)
    expect(row(ResourceClaim, { ...one, metadata: { ...one.metadata, ...metadata } }, 0)['State']).toBe(expected)
  })
})

describe('a ResourceClaimTemplate', () => {
  test('is checked as what it makes', () => {
    const template: ResourceClaimTemplate = {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaimTemplate',
      metadata: { name: 't', namespace: 'shop' },
      spec: { metadata: { name: '', labels: { app: 'a b' } }, spec: { devices: { requests: [{ name: 'gpu' }] } } },
    }
    expect(refusals(ResourceClaimTemplate, template)).toEqual([
      `spec.metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ])
    expect(updateRefusals(ResourceClaimTemplate, { ...template, spec: { spec: {} } }, template)).toHaveLength(1)
  })
})
