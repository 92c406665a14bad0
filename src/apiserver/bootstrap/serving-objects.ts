import type { ApiObject } from '../../api/object.ts'
import { kubernetesService } from '../bootstrap.ts'
import type { EndpointSlice, Endpoints } from '../../api/types.generated.ts'

/** What a server says of itself once it listens: where it is, and whose certificates it trusts. */
export function servingObjects(options: { host: string; port: number; ca: string }): readonly ApiObject[] {
  return [kubernetesService(options.port), endpoints(options), endpointSlice(options), authentication(options)]
}

/** k8s.io/kubernetes pkg/controlplane/reconcilers/endpointsadapter.go */
function endpoints({ host, port }: { host: string; port: number }): Endpoints {
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [{ addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  }
}

function endpointSlice({ host, port }: { host: string; port: number }): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }
}

/** How other servers know our clients (k8s.io/kubernetes pkg/controlplane/controller/clusterauthenticationtrust). */
function authentication({ ca }: { ca: string }): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: { 'client-ca-file': ca },
  } as ApiObject
}
