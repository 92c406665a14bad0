import { expect, test } from 'vitest'
import { validateExportTo } from './export-to.ts'
import { printErrors } from './problem.ts'

test.each([
  [['.'], {}, undefined],
  [['*'], {}, undefined],
  [['a', 'b'], {}, undefined],
  [['~'], { isServiceEntry: true }, undefined],
  [['~'], {}, 'exportTo ~ (none) is not allowed for Istio configuration objects'],
  [['a b'], {}, 'only .,*, or a valid DNS 1123 label is allowed as exportTo entry'],
  [['a', 'a'], {}, 'duplicate entries in exportTo for entry a'],
  [['shop', '.'], {}, 'duplicate entries in exportTo: . and current namespace shop'],
  [['*', 'a'], {}, 'cannot have both public (*) and non-public exportTo values for a resource'],
  [['~', 'a'], { isServiceEntry: true }, 'cannot export service entry to no one (~) and someone'],
  [['.'], { isForWorkloads: true }, undefined],
  [
    ['a'],
    { isForWorkloads: true },
    'destination rule with workload selector cannot have exportTo beyond current namespace',
  ],
  [
    ['.', 'a'],
    { isForWorkloads: true },
    'destination rule with workload selector cannot have multiple entries in exportTo',
  ],
])('an object of the namespace shop is exported to %j (%j)', (exportTo, how, problem) => {
  expect(printErrors(validateExportTo(exportTo, { namespace: 'shop', ...how }))).toBe(problem)
})
