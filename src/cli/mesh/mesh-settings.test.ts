import { expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { meshSettings, settingsWarnings } from './mesh-settings.ts'

function operator(spec: object): ApiObject {
  const metadata = { name: 'mesh', namespace: 'istio-system' }
  return { apiVersion: 'install.istio.io/v1alpha1', kind: 'IstioOperator', metadata, spec } as ApiObject
}

test('what istiod would warn of is told with its place', () => {
  const object = operator({ meshConfig: { tlsDefaults: { ecdhCurves: ['P-256', 'P-256'] } } })
  expect(settingsWarnings([{ object, file: 'mesh.yaml', line: 3, lineOf: () => 3, duplicates: [] }])).toEqual([
    'mesh.yaml:3: IstioOperator istio-system/mesh: detected duplicate ECDH curves: [P-256]',
  ])
  expect(settingsWarnings([])).toEqual([])
})

test('what an operator tells istiod’s environment holds for the mesh', () => {
  const values = { pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: false } } }
  const env = [{ name: 'PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS', value: 'true' }]
  const settings = meshSettings([operator({ values, components: { pilot: { k8s: { env } } } })])
  expect(settings).toMatchObject({ ipAutoallocate: false, multipleExternalProviders: true })
})
