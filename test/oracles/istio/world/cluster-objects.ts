import type { ApiObject } from '../../../../src/api/object.ts'
import type { EchoPod, EchoPort } from './echo-servers.ts'

export const GATEWAY_ADDRESS = '10.3.0.1'
const GATEWAY_SERVICE = '10.96.255.1'
const GATEWAY_LABELS = { istio: 'ingressgateway', app: 'istio-ingressgateway' }

/** What Kubernetes would have: pods, services with addresses of their own, and the slices that join them. */
export function clusterObjects(world: {
  readonly pods: readonly EchoPod[]
  readonly ports: readonly EchoPort[]
  readonly objects: readonly ApiObject[]
}): readonly ApiObject[] {
  const { pods, ports } = world
  const own = Map.groupBy(pods, ({ service, namespace }) => `${namespace}/${service}`)
  const services = [...own.values()].map((members) => serviceOf(members, ports))
  const written = world.objects.filter(({ kind }) => kind === 'Service')
  const all = [...services, ...written].map((service, index) => withAddress(service as Service, index))
  const slices = all.flatMap((service) => sliceOf(service, pods, ports))
  const others = world.objects.filter(({ kind }) => kind !== 'Service')
  return [...pods.map(podOf), ...all, ...slices, ...others, ...gatewayObjects()]
}

interface Service extends ApiObject {
  readonly spec: {
    readonly type?: string
    readonly clusterIP?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number }[]
  }
}

function podOf(pod: EchoPod): ApiObject {
  const { service, namespace, address, hasSidecar, labels } = pod
  const metadata = {
    name: nameOf(pod),
    namespace,
    labels: { ...labels, ...(hasSidecar && { 'security.istio.io/tlsMode': 'istio' }) },
  }
  const spec = { serviceAccountName: service, containers: [{ name: 'app' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec, status: { podIP: address, phase: 'Running' } } as ApiObject
}

function nameOf({ service, address }: EchoPod): string {
  return `${service}-${address.replaceAll('.', '-')}`
}

function serviceOf(members: readonly EchoPod[], ports: readonly EchoPort[]): ApiObject {
  const [first] = members
  if (first === undefined) throw new Error('a service of no pods')
  const { service, namespace, isHeadless, virtualAddresses = [] } = first
  const listed = ports
    .filter(({ servicePort }) => servicePort > 0)
    .map(({ name, servicePort, workloadPort }) => ({
      name,
      port: isHeadless ? workloadPort : servicePort,
      targetPort: workloadPort,
    }))
  const [clusterIP] = isHeadless ? ['None'] : virtualAddresses
  const addresses = clusterIP === undefined ? {} : { clusterIP, clusterIPs: isHeadless ? ['None'] : virtualAddresses }
  const spec = { selector: { app: service }, ports: listed, ...addresses }
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace }, spec } as ApiObject
}

function withAddress(service: Service, index: number): Service {
  if (service.spec.type === 'ExternalName' || service.spec.clusterIP !== undefined) return service
  return { ...service, spec: { ...service.spec, clusterIP: `10.96.0.${index + 1}` } }
}

function sliceOf(
  { metadata, spec }: Service,
  pods: readonly EchoPod[],
  ports: readonly EchoPort[],
): readonly ApiObject[] {
  const { name, namespace = 'default' } = metadata
  if (spec.selector === undefined) return []
  const wanted = Object.entries(spec.selector)
  const selected = pods.filter(
    (pod) => pod.namespace === namespace && wanted.every(([key, value]) => pod.labels[key] === value),
  )
  const targets = (spec.ports ?? []).map((port) => ({
    name: port.name ?? '',
    port: port.targetPort ?? ports.find(({ servicePort }) => servicePort === port.port)?.workloadPort ?? port.port,
  }))
  return [slice({ name, namespace, targets }, selected)]
}

function slice(
  service: { readonly name: string; readonly namespace: string; readonly targets: readonly object[] },
  pods: readonly EchoPod[],
): ApiObject {
  const { name, namespace, targets } = service
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    endpoints: pods.map((pod) => ({
      addresses: [pod.address],
      targetRef: { kind: 'Pod', name: nameOf(pod), namespace },
    })),
    ports: targets,
  } as ApiObject
}

function gatewayObjects(): readonly ApiObject[] {
  const name = 'istio-ingressgateway'
  const namespace = 'istio-system'
  const metadata = {
    name: `${name}-0`,
    namespace,
    labels: GATEWAY_LABELS,
    annotations: { 'inject.istio.io/templates': 'gateway' },
  }
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { serviceAccountName: name, containers: [{ name: 'istio-proxy' }] },
    status: { podIP: GATEWAY_ADDRESS, phase: 'Running' },
  }
  const ports = [
    { name: 'http2', port: 80, targetPort: 80 },
    { name: 'https', port: 443, targetPort: 443 },
  ]
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { clusterIP: GATEWAY_SERVICE, ports },
  }
  const targets = ports.map(({ name: port, targetPort }) => ({ name: port, port: targetPort }))
  const endpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    endpoints: [{ addresses: [GATEWAY_ADDRESS] }],
    ports: targets,
  }
  return [pod, service, endpointSlice] as unknown as readonly ApiObject[]
}
