import type { ApiObject } from '../../api/object.ts'
import { isList, isObject, type JsonObject } from '../../api/patch/json-value.ts'
import {
  autoscalingOf,
  type Chart,
  fieldEnv,
  imageOf,
  labelsOf,
  namedObject,
  numberIn,
  recordIn,
  resourcesOf,
  revisioned,
  revisionOf,
  scalingObjects,
  valueEnv,
} from './chart.ts'
import { type InstalledGateway, type Installation, objectIn } from './installation.ts'
import { withSettings } from './kubernetes-settings.ts'

/*
 * A gateway: the proxy alone, behind a Service.
 * Facts: istio/istio manifests/charts/gateways/istio-{ingress,egress}.
 */

const STATUS_PORT: JsonObject = { name: 'status-port', port: 15021, targetPort: 15021, protocol: 'TCP' }
const TRAFFIC_PORTS: readonly JsonObject[] = [
  { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
  { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
]
const RESOURCES = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } }
const METRICS_PORT = { containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' }
const CONTAINER = 'istio-proxy'

export function gatewayObjects(installation: Installation, gateway: InstalledGateway): readonly ApiObject[] {
  const chart = chartOf(installation, gateway)
  const autoscaling = autoscalingOf(chart, gateway.k8s?.hpaSpec)
  const replicas = gateway.k8s?.replicaCount ?? numberIn(chart.values['replicaCount'], 1)
  const objects = [
    namedObject(chart, 'v1', 'ServiceAccount', { name: accountOf(chart) }),
    ...secretAccess(chart),
    service(chart, gateway),
    deployment(chart, gateway, autoscaling.enabled ? undefined : replicas),
    ...scalingObjects(chart, autoscaling, replicas),
  ]
  // The ports are in the objects already: merging them once more by number would double those of another protocol.
  const { ports: _, ...further } = gateway.k8s?.service ?? {}
  const settings = gateway.k8s?.service === undefined ? gateway.k8s : { ...gateway.k8s, service: further }
  return withSettings(objects, settings, { name: chart.name, container: CONTAINER })
}

function chartOf(installation: Installation, { direction, name, namespace, label }: InstalledGateway): Chart {
  const standard = `istio-${direction}gateway`
  const values = objectIn(objectIn(installation.values['gateways'], {})[standard], {})
  const selector = { app: standard, istio: `${direction}gateway`, ...recordIn(values['labels']), ...label }
  const component = direction === 'ingress' ? 'IngressGateways' : 'EgressGateways'
  return { installation, component, name, namespace, selector, values }
}

function accountOf({ name }: Chart): string {
  return `${name}-service-account`
}

/** Certificates of a gateway's listeners are Secrets beside it. */
function secretAccess(chart: Chart): readonly ApiObject[] {
  const name = `${chart.name}-sds`
  return [
    namedObject(chart, 'rbac.authorization.k8s.io/v1', 'Role', {
      name,
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'watch', 'list'] }],
    }),
    namedObject(chart, 'rbac.authorization.k8s.io/v1', 'RoleBinding', {
      name,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: accountOf(chart), namespace: chart.namespace }],
    }),
  ]
}

function portsOf({ values }: Chart, { direction, k8s }: InstalledGateway): readonly JsonObject[] {
  const written = k8s?.service?.['ports'] ?? values['ports']
  if (isList(written) && written.length > 0) return written.filter(isObject)
  return direction === 'ingress' ? [STATUS_PORT, ...TRAFFIC_PORTS] : TRAFFIC_PORTS
}

function service(chart: Chart, gateway: InstalledGateway): ApiObject {
  const { values, selector } = chart
  const type = values['type'] ?? (gateway.direction === 'ingress' ? 'LoadBalancer' : 'ClusterIP')
  const { loadBalancerIP, loadBalancerSourceRanges: ranges, externalTrafficPolicy } = values
  return namedObject(chart, 'v1', 'Service', {
    annotations: recordIn(values['serviceAnnotations']),
    spec: {
      type,
      selector,
      ports: portsOf(chart, gateway),
      ...(typeof loadBalancerIP === 'string' && loadBalancerIP !== '' && { loadBalancerIP }),
      ...(isList(ranges) && ranges.length > 0 && { loadBalancerSourceRanges: ranges }),
      ...(typeof externalTrafficPolicy === 'string' && externalTrafficPolicy !== '' && { externalTrafficPolicy }),
    },
  })
}

function deployment(chart: Chart, gateway: InstalledGateway, replicas: number | undefined): ApiObject {
  const { installation, values, selector, name } = chart
  const revision = selector['app.kubernetes.io/version'] ?? selector['version'] ?? (installation.revision || 'latest')
  const labels = {
    ...labelsOf(chart),
    chart: 'gateways',
    heritage: 'Tiller',
    'service.istio.io/canonical-name': name,
    'service.istio.io/canonical-revision': revision,
    'sidecar.istio.io/inject': 'false',
  }
  const annotations = {
    'istio.io/rev': revisionOf(installation),
    'prometheus.io/port': '15020',
    'prometheus.io/scrape': 'true',
    'prometheus.io/path': '/stats/prometheus',
    'sidecar.istio.io/inject': 'false',
    ...recordIn(values['podAnnotations']),
  }
  return namedObject(chart, 'apps/v1', 'Deployment', {
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: selector },
      strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels, annotations },
        spec: {
          serviceAccountName: accountOf(chart),
          securityContext: { runAsUser: 1337, runAsGroup: 1337, runAsNonRoot: true },
          containers: [proxyContainer(chart, gateway)],
        },
      },
    },
  })
}

function proxyContainer(chart: Chart, gateway: InstalledGateway): JsonObject {
  const { installation, values, name, namespace } = chart
  const global = objectIn(installation.values['global'], {})
  const proxy = objectIn(global['proxy'], {})
  const image = typeof proxy['image'] === 'string' ? proxy['image'] : 'proxyv2'
  const domain = typeof proxy['clusterDomain'] === 'string' ? proxy['clusterDomain'] : 'cluster.local'
  const ports = portsOf(chart, gateway).map(({ port, targetPort, protocol }) => ({
    containerPort: typeof targetPort === 'number' ? targetPort : port,
    protocol: protocol ?? 'TCP',
  }))
  const own = {
    ISTIO_META_WORKLOAD_NAME: name,
    ISTIO_META_OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    ...(typeof global['meshID'] === 'string' && { ISTIO_META_MESH_ID: global['meshID'] }),
    ...(typeof global['network'] === 'string' && { ISTIO_META_NETWORK: global['network'] }),
    CA_ADDR: `${revisioned('istiod', installation)}.${installation.namespace}.svc:15012`,
    ...recordIn(values['env']),
  }
  return {
    name: CONTAINER,
    image: imageOf(image, gateway, installation),
    args: ['proxy', 'router', '--domain', `$(POD_NAMESPACE).svc.${domain}`],
    ports: [...ports, METRICS_PORT],
    env: [
      fieldEnv('POD_NAME', 'metadata.name'),
      fieldEnv('POD_NAMESPACE', 'metadata.namespace'),
      fieldEnv('INSTANCE_IP', 'status.podIP'),
      fieldEnv('NODE_NAME', 'spec.nodeName'),
      ...valueEnv(own),
    ],
    resources: resourcesOf(chart, RESOURCES),
    readinessProbe: {
      httpGet: { path: '/healthz/ready', port: 15021 },
      initialDelaySeconds: 1,
      periodSeconds: 2,
      timeoutSeconds: 1,
      failureThreshold: 30,
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
  }
}
