import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { APIService } from './api-service.ts'

const metrics = apiService('v1beta1.metrics.k8s.io', {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  groupPriorityMinimum: 100,
  versionPriority: 100,
  insecureSkipTLSVerify: true,
  service: { namespace: 'kube-system', name: 'metrics-server' },
})

function apiService(name: string, spec: object): APIService {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name, creationTimestamp: '2025-06-01T12:00:00Z' },
    spec: spec as APIService['spec'],
  }
}

describe('an APIService', () => {
  test('speaks TLS on the common port', () => {
    expect(created(APIService, metrics).spec.service?.port).toBe(443)
    expect(refusals(APIService, metrics)).toEqual([])
  })

  test.each<[string, object, readonly string[]]>([
    ['v1.', { version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 }, []],
    [
      'v2.',
      { version: 'v2' },
      [
        'spec.group: Required value: only v1 may have an empty group and it better be legacy kube',
        'spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000',
        'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
      ],
    ],
    [
      'wrong',
      { group: 'example.com', version: 'v1', groupPriorityMinimum: 20_001, versionPriority: 1001 },
      [
        'metadata.name: Invalid value: "wrong": must be `spec.version+"."+spec.group`: "v1.example.com"',
        'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
        'spec.versionPriority: Invalid value: 1001: must be positive and less than 1000',
      ],
    ],
    [
      'v1.example.com',
      {
        group: 'example.com',
        version: 'v1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        caBundle: 'YWJj',
        insecureSkipTLSVerify: true,
      },
      [
        'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
        'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
      ],
    ],
    [
      'v1.example.com',
      {
        group: 'example.com',
        version: 'v1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        caBundle: 'YWJj',
        insecureSkipTLSVerify: true,
        service: { port: 70_000 },
      },
      [
        'spec.service.namespace: Required value',
        'spec.service.name: Required value',
        'spec.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive',
        'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
      ],
    ],
  ])('%s %j', (name, spec, expected) => {
    expect(refusals(APIService, apiService(name, spec))).toEqual(expected)
  })

  test('keeps the name of its group version', () => {
    const moved = { ...metrics, spec: { ...metrics.spec, version: 'v1' } }
    expect(updateRefusals(APIService, moved, metrics)).toEqual([
      'metadata.name: Invalid value: "v1beta1.metrics.k8s.io": must be `spec.version+"."+spec.group`: "v1.metrics.k8s.io"',
    ])
  })

  test('has conditions that are true, false or unknown', () => {
    const status = { conditions: [{ type: 'Available', status: 'Yes' }] }
    expect(problems(APIService.validateStatus?.({ ...metrics, status }, metrics))).toEqual([
      'status.conditions[0].status: Unsupported value: "Yes": supported values: "True", "False", "Unknown"',
    ])
  })

  test('kubectl get', () => {
    const now = Date.parse('2025-06-01T12:05:00Z')
    const local = apiService('v1.', { version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 })
    expect(row(APIService, created(APIService, local), now)).toEqual({
      Name: 'v1.',
      Service: 'Local',
      Available: 'True',
      Age: '5m',
    })
    const failed = { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] }
    expect(row(APIService, { ...metrics, status: failed }, now)).toEqual({
      Name: 'v1beta1.metrics.k8s.io',
      Service: 'kube-system/metrics-server',
      Available: 'False (MissingEndpoints)',
      Age: '5m',
    })
    expect(row(APIService, created(APIService, metrics), now)['Available']).toBe('Unknown')
  })
})
