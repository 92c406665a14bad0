import { expect, test } from 'vitest'
import { applyOverlay } from './overlay.ts'

const DEPLOYMENT = {
  metadata: { labels: { 'app.kubernetes.io/name': 'istiod' } },
  spec: { containers: [{ name: 'discovery', args: ['discovery', '--domain'] }, { name: 'other' }] },
}

test.each([
  ['spec.replicas', 3, { ...DEPLOYMENT, spec: { ...DEPLOYMENT.spec, replicas: 3 } }],
  ['spec.containers.[name:other]', undefined, { ...DEPLOYMENT, spec: { containers: [DEPLOYMENT.spec.containers[0]] } }],
  [
    'metadata.labels.app\\.kubernetes\\.io/name',
    'pilot',
    { ...DEPLOYMENT, metadata: { labels: { 'app.kubernetes.io/name': 'pilot' } } },
  ],
  [
    'spec.containers.[name:discovery].args.[-1]',
    '--log',
    {
      ...DEPLOYMENT,
      spec: {
        containers: [{ name: 'discovery', args: ['discovery', '--domain', '--log'] }, { name: 'other' }],
      },
    },
  ],
  [
    'spec.containers.[0].args.[:--domain]',
    '--port',
    { ...DEPLOYMENT, spec: { containers: [{ name: 'discovery', args: ['discovery', '--port'] }, { name: 'other' }] } },
  ],
])('%s', (path, value, expected) => {
  expect(applyOverlay(DEPLOYMENT, path, value)).toEqual(expected)
})

test('a path that leads nowhere is told', () => {
  expect(() => applyOverlay(DEPLOYMENT, 'spec.containers.[name:gone].image', 'x')).toThrow(
    'path spec.containers.[name:gone].image: [name:gone] chooses nothing',
  )
})
