import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import {
  isExtendedResource,
  isIntegerResource,
  isOvercommitAllowed,
  validateContainerResourceName,
  validateQuotaResourceName,
} from './resource-names.ts'

test.each<[string, { extended: boolean; integer: boolean; overcommit: boolean }]>([
  ['cpu', { extended: false, integer: false, overcommit: true }],
  ['hugepages-2Mi', { extended: false, integer: false, overcommit: false }],
  ['nvidia.com/gpu', { extended: true, integer: true, overcommit: false }],
  ['requests.nvidia.com/gpu', { extended: false, integer: false, overcommit: false }],
  ['example.kubernetes.io/thing', { extended: false, integer: false, overcommit: true }],
  ['pods', { extended: false, integer: true, overcommit: true }],
])('%s', (name, { extended, integer, overcommit }) => {
  expect(isExtendedResource(name)).toBe(extended)
  expect(isIntegerResource(name)).toBe(integer)
  expect(isOvercommitAllowed(name)).toBe(overcommit)
})

const STANDARD = 'must be a standard resource type or fully qualified'

test.each<[string, readonly string[], readonly string[]]>([
  ['cpu', [], []],
  ['hugepages-2Mi', [], []],
  ['nvidia.com/gpu', [], []],
  ['pods', ['f: Invalid value: "pods": must be a standard resource for containers'], []],
  ['count/deployments.apps', [], []],
  [
    'gpu',
    [`f: Invalid value: "gpu": ${STANDARD}`, 'f: Invalid value: "gpu": must be a standard resource for containers'],
    [`f: Invalid value: "gpu": ${STANDARD}`, 'f: Invalid value: "gpu": must be a standard resource for quota'],
  ],
  [
    'requests.nvidia.com/gpu',
    ['f: Invalid value: "requests.nvidia.com/gpu": doesn\'t follow extended resource name standard'],
    [],
  ],
])('%s in containers and in quotas', (name, inContainer, inQuota) => {
  expect(printCauses(validateContainerResourceName(name, 'f'))).toEqual(inContainer)
  expect(printCauses(validateQuotaResourceName(name, 'f'))).toEqual(inQuota)
})
