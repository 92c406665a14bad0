import { expect, test } from 'vitest'
import { policyOf, printLevel } from './policy.ts'

const P = 'pod-security.kubernetes.io'

function read(labels: Readonly<Record<string, string>>): readonly string[] {
  const full = Object.fromEntries(Object.entries(labels).map(([name, value]) => [`${P}/${name}`, value]))
  const { policy, causes } = policyOf({ other: 'label', ...full })
  return [printLevel(policy.enforce), printLevel(policy.warn), ...causes.map(({ message }) => message)]
}

test.each([
  ['nothing', {}, ['privileged:latest', 'privileged:latest']],
  ['what is enforced is warned of', { enforce: 'baseline' }, ['baseline:latest', 'baseline:latest']],
  [
    'and as of the same version',
    { enforce: 'restricted', 'enforce-version': 'v1.24' },
    ['restricted:v1.24', 'restricted:v1.24'],
  ],
  ['unless it says otherwise', { enforce: 'baseline', warn: 'restricted' }, ['baseline:latest', 'restricted:latest']],
  [
    'versions of warnings alone',
    { enforce: 'baseline', 'enforce-version': 'v1.20', 'warn-version': 'v1.30' },
    ['baseline:v1.20', 'baseline:v1.30'],
  ],
  ['warnings alone', { warn: 'baseline' }, ['privileged:latest', 'baseline:latest']],
  ['versions alone', { 'enforce-version': 'v1.20' }, ['privileged:v1.20', 'privileged:latest']],
  [
    'levels that nobody knows',
    { enforce: 'strict', warn: 'strict', audit: 'strict' },
    [
      'restricted:latest',
      'privileged:latest',
      ...Array<string>(3).fill('Invalid value: "strict": must be one of privileged, baseline, restricted'),
    ],
  ],
  [
    'versions that nobody knows',
    { enforce: 'baseline', 'enforce-version': '1.20', 'warn-version': 'v1.01' },
    [
      'baseline:latest',
      'baseline:latest',
      'Invalid value: "1.20": must be "latest" or "v1.x"',
      'Invalid value: "v1.01": must be "latest" or "v1.x"',
    ],
  ],
] as const)('labels say: %s', (_name, labels, expected) => {
  expect(read(labels)).toEqual(expected)
})
