import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import { startCluster } from '../../../src/testing.ts'

// The example of docs/testing.md.
test.each(['virtual', 'real'] as const)('a cluster in a test, on a %s clock, answers other clients', async (clock) => {
  await using cluster = await startCluster({ clock })
  const { url, ca, certificate, key } = await cluster.platform.listen({ port: 0 })
  const base64 = (pem: string) => Buffer.from(pem).toString('base64')
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'test', server: url, caData: base64(ca), skipTLSVerify: false },
    { name: 'admin', certData: base64(certificate), keyData: base64(key) },
  )
  const { items } = await config.makeApiClient(CoreV1Api).listNode()
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['node-1'])
})
