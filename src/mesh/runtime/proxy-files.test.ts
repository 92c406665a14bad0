import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject } from '../../api/object.ts'
import { parseYamlDocuments } from '../../api/yaml.ts'
import { proxyFiles } from './proxy-files.ts'
import { configMapTexts, secretTexts } from './secret-texts.ts'

const MANIFESTS = `
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
apiVersion: v1
kind: Secret
metadata: { name: client-certs, namespace: shop }
stringData: { tls.crt: a certificate, tls.key: a key }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: authorities, namespace: shop }
data: { ca.crt: an authority }
---
apiVersion: v1
kind: Pod
metadata:
  name: injected
  namespace: shop
  annotations:
    sidecar.istio.io/userVolume: '{"certs": {"secret": {"secretName": "client-certs"}}}'
    sidecar.istio.io/userVolumeMount: '[{"name": "certs", "mountPath": "/etc/certs", "readOnly": true}]'
spec:
  containers: [{ name: app, image: app }]
---
apiVersion: v1
kind: Pod
metadata: { name: gateway, namespace: shop }
spec:
  containers:
  - name: istio-proxy
    image: auto
    volumeMounts:
    - { name: authorities, mountPath: /etc/authorities/ }
    - { name: one, mountPath: /etc/one.pem, subPath: ca.crt }
  volumes:
  - { name: authorities, configMap: { name: authorities, items: [{ key: ca.crt, path: deep/company.pem }] } }
  - { name: one, configMap: { name: authorities } }
`

test('a proxy reads what its pod mounts into it, as injection or a gateway’s own template has it', async () => {
  await using cluster = await testCluster()
  const { client, informers } = cluster
  const addresses: Record<string, string> = { injected: '10.1.0.1', gateway: '10.1.0.2' }
  const files = proxyFiles({
    informers,
    secrets: secretTexts(informers),
    configMaps: configMapTexts(informers),
    roots: () => 'the roots of the mesh',
  })
  for (const { value } of parseYamlDocuments(MANIFESTS)) {
    const object = (await client.apply(value as ApiObject, { force: true })) as ApiObject
    const podIP = addresses[object.metadata.name]
    if (podIP !== undefined) await client.updateStatus(object as Pod, { podIP })
  }
  const read = (pod: string, path: string): string | undefined =>
    files(path, { namespace: 'shop', serviceAccount: 'default', addresses: [addresses[pod] ?? ''] })
  expect(read('injected', '/etc/certs/tls.crt')).toBe('a certificate')
  expect(read('injected', '/etc/certs/tls.key')).toBe('a key')
  expect(read('injected', '/etc/certs/none')).toBeUndefined()
  expect(read('injected', '/etc/certs/root-cert.pem')).toBe('the roots of the mesh')
  expect(read('gateway', '/etc/authorities/deep/company.pem')).toBe('an authority')
  expect(read('gateway', '/etc/authorities/ca.crt')).toBeUndefined()
  expect(read('gateway', '/etc/one.pem')).toBe('an authority')
  expect(read('gateway', '/etc/certs/tls.crt')).toBeUndefined()
})
