import { stringify } from 'yaml'
import type { Component } from '../../api/kinds/istio/istio-operator.ts'
import type { ApiObject } from '../../api/object.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
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
import { type Installation, objectIn } from './installation.ts'
import { withSettings } from './kubernetes-settings.ts'

/*
 * The control plane: its Deployment stands for what this process does, and the ConfigMap `istio` configures the mesh.
 * Facts: istio/istio manifests/charts/istio-control/istio-discovery.
 */

const RESOURCES = { requests: { cpu: '500m', memory: '2Gi' } }
const CONTAINER = 'discovery'

export function controlPlaneObjects(installation: Installation, pilot: Component): readonly ApiObject[] {
  const chart: Chart = {
    installation,
    component: 'Pilot',
    name: revisioned('istiod', installation),
    namespace: installation.namespace,
    selector: {
      app: 'istiod',
      ...(installation.revision === '' ? { istio: 'pilot' } : { 'istio.io/rev': installation.revision }),
    },
    values: objectIn(installation.values['pilot'], {}),
  }
  const autoscaling = autoscalingOf(chart, pilot.k8s?.hpaSpec)
  const replicas = pilot.k8s?.replicaCount ?? numberIn(chart.values['replicaCount'], 1)
  const objects = [
    namedObject(chart, 'v1', 'ServiceAccount', {}),
    namedObject(chart, 'v1', 'ConfigMap', { name: revisioned('istio', installation), data: meshData(installation) }),
    service(chart),
    deployment(chart, pilot, autoscaling.enabled ? undefined : replicas),
    ...scalingObjects(chart, autoscaling, replicas),
  ]
  return withSettings(objects, pilot.k8s, { name: chart.name, container: CONTAINER })
}

/** What the user writes is laid over the chart's own, object into object. */
function meshData(installation: Installation): JsonObject {
  const { values, namespace, meshConfig } = installation
  const global = objectIn(values['global'], {})
  const own = {
    defaultConfig: {
      discoveryAddress: `${revisioned('istiod', installation)}.${namespace}.svc:15012`,
      ...(typeof global['meshID'] === 'string' && { meshId: global['meshID'] }),
    },
    defaultProviders: { metrics: ['prometheus'] },
    rootNamespace: global['istioNamespace'] ?? namespace,
    trustDomain: 'cluster.local',
  }
  const networks = objectIn(global['meshNetworks'], {})
  return { mesh: stringify(laidOver(own, meshConfig)), meshNetworks: stringify({ networks }) }
}

function laidOver(below: JsonObject, above: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = below[key]
    merged[key] = isObject(under) && isObject(value) ? laidOver(under, value) : value
  }
  return merged
}

function service(chart: Chart): ApiObject {
  return namedObject(chart, 'v1', 'Service', {
    annotations: recordIn(chart.values['serviceAnnotations']),
    spec: {
      selector: chart.selector,
      ports: [
        { name: 'grpc-xds', port: 15010, protocol: 'TCP' },
        { name: 'https-dns', port: 15012, protocol: 'TCP' },
        { name: 'https-webhook', port: 443, targetPort: 15017, protocol: 'TCP' },
        { name: 'http-monitoring', port: 15014, protocol: 'TCP' },
      ],
    },
  })
}

function deployment(chart: Chart, pilot: Component, replicas: number | undefined): ApiObject {
  const { installation, values, selector } = chart
  const annotations = {
    'prometheus.io/port': '15014',
    'prometheus.io/scrape': 'true',
    'sidecar.istio.io/inject': 'false',
    ...recordIn(values['podAnnotations']),
  }
  const image = typeof values['image'] === 'string' ? values['image'] : 'pilot'
  const env = {
    REVISION: revisionOf(installation),
    PILOT_CERT_PROVIDER: 'istiod',
    CLUSTER_ID: 'Kubernetes',
    ...recordIn(values['env']),
  }
  const container = {
    name: CONTAINER,
    image: imageOf(image, pilot, installation),
    args: ['discovery', '--monitoringAddr=:15014', '--domain', 'cluster.local'],
    ports: [
      { name: 'http-debug', containerPort: 8080, protocol: 'TCP' },
      { name: 'grpc-xds', containerPort: 15010, protocol: 'TCP' },
      { name: 'tls-xds', containerPort: 15012, protocol: 'TCP' },
      { name: 'https-webhooks', containerPort: 15017, protocol: 'TCP' },
      { name: 'http-monitoring', containerPort: 15014, protocol: 'TCP' },
    ],
    env: [fieldEnv('POD_NAME', 'metadata.name'), fieldEnv('POD_NAMESPACE', 'metadata.namespace'), ...valueEnv(env)],
    resources: resourcesOf(chart, RESOURCES),
    readinessProbe: {
      httpGet: { path: '/ready', port: 8080 },
      initialDelaySeconds: 1,
      periodSeconds: 3,
      timeoutSeconds: 5,
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
    },
  }
  return namedObject(chart, 'apps/v1', 'Deployment', {
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: selector },
      strategy: { rollingUpdate: { maxSurge: '100%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels: { ...labelsOf(chart), 'sidecar.istio.io/inject': 'false' }, annotations },
        spec: { serviceAccountName: chart.name, containers: [container] },
      },
    },
  })
}
