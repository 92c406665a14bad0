import { stringify } from 'yaml'
import type { Access } from '../platform.ts'

/** A kubeconfig with one cluster, one user and one context, all of one name. */
export function kubeconfigOf(name: string, access: Access): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': `dabba-${name}`,
    clusters: [
      { name: `dabba-${name}`, cluster: { server: access.url, 'certificate-authority-data': base64(access.ca) } },
    ],
    users: [
      {
        name: `dabba-${name}`,
        user: { 'client-certificate-data': base64(access.certificate), 'client-key-data': base64(access.key) },
      },
    ],
    contexts: [{ name: `dabba-${name}`, context: { cluster: `dabba-${name}`, user: `dabba-${name}` } }],
  })
}
