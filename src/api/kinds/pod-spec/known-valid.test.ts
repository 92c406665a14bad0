import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { PodSpec } from '../../types.generated.ts'
import { defaultPodSpec } from './default-pod-spec.ts'
import { validateSpecOfPod } from './known-valid.ts'

function filled(spec: Partial<PodSpec> = {}): PodSpec {
  return defaultPodSpec({ containers: [{ name: 'web', image: 'nginx:1.29' }], ...spec })
}

test('a spec that is known to be valid is taken at its word, until anything but a name differs', () => {
  const spec = filled()
  expect(printCauses(validateSpecOfPod(spec, 'a'))).toEqual([])
  expect(printCauses(validateSpecOfPod({ ...spec, nodeName: 'node-1' }, 'b'))).toEqual([])
  expect(printCauses(validateSpecOfPod({ ...spec, nodeName: 'Node 1' }, 'c'))).toHaveLength(1)
  expect(printCauses(validateSpecOfPod({ ...spec, hostname: 'a.b' }, 'd'))).toHaveLength(1)
  expect(printCauses(validateSpecOfPod({ ...spec, dnsPolicy: 'Wrong' }, 'e'))).toHaveLength(1)
  const { dnsPolicy: _, ...without } = spec
  expect(printCauses(validateSpecOfPod(without, 'f'))).toEqual(['spec.dnsPolicy: Required value'])
})

test('a spec that is wrong stays wrong', () => {
  const spec = filled({ dnsPolicy: 'Wrong' })
  expect(printCauses(validateSpecOfPod(spec, 'a'))).toHaveLength(1)
  expect(printCauses(validateSpecOfPod(spec, 'a'))).toHaveLength(1)
})

test('the claims of ephemeral volumes are judged for each pod', () => {
  const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
  const spec = filled({ volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: template } }] })
  expect(printCauses(validateSpecOfPod(spec, 'web'))).toEqual([])
  expect(printCauses(validateSpecOfPod(spec, 'Web'))[0]).toMatch(
    'spec.volumes[0].name: Invalid value: "data": PVC name',
  )
})

test('tokens need a service account, and images no spaces', () => {
  const volumes = [{ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }]
  const spec = filled({ volumes, containers: [{ name: 'web', image: ' nginx' }] })
  expect(printCauses(validateSpecOfPod(spec, 'a'))).toEqual([
    'spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
    'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
  ])
})
