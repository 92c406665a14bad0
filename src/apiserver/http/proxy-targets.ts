import { badRequest, notFound, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import type { Node, Pod, Service } from '../../api/types.generated.ts'
import type { ServerContext } from '../context.ts'
import { groupResourceOf, storagePathOf } from '../rest/meta.ts'
import type { ResourceInfo } from './request-info.ts'

const SERVICE_LABEL = 'kubernetes.io/service-name'
/** kubernetes/kubernetes pkg/cluster/ports/ports.go: KubeletPort */
const KUBELET_PORT = 10_250

/** Where the names of proxied pods, services and nodes lead. */
export class ProxyTargets {
  /** The endpoints of a service take turns. */
  #turn = 0

  /** `http://10.244.0.5:9090` */
  of(kind: Kind, { namespace, name: asked = '' }: ResourceInfo, context: ServerContext): string {
    const reference = referenceOf(asked, kind)
    const object = context.store.get(storagePathOf(kind), { namespace, name: reference.name })
    if (object === undefined) throw notFound(groupResourceOf(kind), reference.name)
    if (kind.plural === 'pods') return podAddress(object as Pod, reference)
    if (kind.plural === 'nodes') return nodeAddress(object as Node, reference)
    return this.#serviceAddress(object as Service, reference, context)
  }

  /** kubernetes/kubernetes pkg/registry/core/service/storage/storage.go: ResourceLocation */
  #serviceAddress({ metadata, spec }: Service, { scheme, port }: Reference, { store }: ServerContext): string {
    const { name, namespace } = metadata
    const number = /^\d+$/.test(port) ? Number(port) : undefined
    const servicePort = spec.ports?.find((one) =>
      number === undefined ? (one.name ?? '') === port : one.port === number,
    )
    if (number !== undefined && servicePort === undefined) {
      throw unavailable(`no service port ${number} found for service ${JSON.stringify(name)}`)
    }
    // A port without a name is that of the endpoints without one.
    const portName = servicePort === undefined ? port : (servicePort.name ?? '')
    const addresses: string[] = []
    for (const slice of store.list(storagePathOf(EndpointSlice as unknown as Kind), namespace)
      .items as readonly EndpointSlice[]) {
      if (slice.metadata.labels?.[SERVICE_LABEL] !== name) continue
      const target = slice.ports?.find((one) => (one.name ?? '') === portName)?.port
      if (target === undefined) continue
      for (const { addresses: [ip] = [], conditions } of slice.endpoints ?? []) {
        if (ip !== undefined && conditions?.ready !== false) addresses.push(`${ip}:${target}`)
      }
    }
    const chosen = addresses[this.#turn++ % addresses.length]
    if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
    return `${scheme}://${chosen}`
  }
}

interface Reference {
  readonly scheme: string
  readonly name: string
  /** A number, a name, or nothing. */
  readonly port: string
}

/** `name`, `name:port` or `scheme:name:port` (k8s.io/apimachinery pkg/util/net/port_split.go). */
function referenceOf(text: string, { plural, singular }: Kind): Reference {
  const parts = text.split(':')
  const [scheme = '', name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts]
  if (parts.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) {
    throw badRequest(`invalid ${singular ?? plural} request ${JSON.stringify(text)}`)
  }
  return { scheme: scheme === '' ? 'http' : scheme, name, port }
}

/** kubernetes/kubernetes pkg/registry/core/pod/strategy.go: ResourceLocation */
function podAddress({ spec, status }: Pod, { scheme, port }: Reference): string {
  const ip = status?.podIP ?? ''
  if (ip === '') throw badRequest('address not allowed')
  const first = spec.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort
  const chosen = port === '' ? first : port
  return chosen === undefined ? `${scheme}://${ip}` : `${scheme}://${ip}:${chosen}`
}

/** kubernetes/kubernetes pkg/registry/core/node/strategy.go: ResourceLocation */
function nodeAddress({ status }: Node, { scheme, port }: Reference): string {
  const ip = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''
  const kubelet = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? KUBELET_PORT
  const isKubelet = port === '' || port === String(kubelet)
  return isKubelet ? `https://${ip}:${kubelet}` : `${scheme}://${ip}:${port}`
}

function unavailable(message: string): StatusError {
  return new StatusError(503, 'ServiceUnavailable', message)
}
