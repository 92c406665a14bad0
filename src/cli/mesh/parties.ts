import { UserError } from '../../base/user-error.ts'
import type { Gateway } from '../../mesh/config/types/gateway.ts'
import { hostsInNamespace, isSubsetOf } from '../../mesh/config/hosts.ts'
import { dnsSettingsIn } from '../../mesh/config/proxy-metadata.ts'
import type { Proxy } from '../../mesh/proxy/proxy-view.ts'
import { targetPortOf } from '../../mesh/registry/mesh-service.ts'
import { servicesAt } from '../../mesh/registry/services-at.ts'
import { closest } from '../suggest.ts'
import type { MeshModel } from './mesh-model.ts'
import { titleOf } from './places.ts'
import { type MeshWorkload, selects } from './workloads.ts'

/** A workload by the name that the user gave, and whether it had to be made up. */
export interface Named {
  readonly workload: MeshWorkload
  readonly isAssumed: boolean
}

/** `NAME` or `NAME.NAMESPACE`: of a workload, or of a Service with one workload behind it. */
export function workloadNamed(model: MeshModel, text: string): Named {
  const { workloads } = model
  const dot = text.indexOf('.')
  const name = dot < 0 ? text : text.slice(0, dot)
  const namespace = dot < 0 ? undefined : text.slice(dot + 1).split('.')[0]
  const same = workloadsByName(workloads).get(name) ?? []
  const found =
    same.find((workload) => workload.namespace === (namespace ?? model.namespace)) ??
    (namespace === undefined && same.length === 1 ? same[0] : undefined) ??
    behindService(model, { name, namespace: namespace ?? model.namespace })
  if (found !== undefined) return { workload: found, isAssumed: false }
  if (namespace === undefined && same.length > 1) {
    throw unknown(
      `There is a ${name} in ${same.map((workload) => workload.namespace).join(' and in ')}`,
      `Say which: ${name}.${same[0]?.namespace ?? ''}`,
    )
  }
  if (model.assumes)
    return { workload: madeUp(model, { name, namespace: namespace ?? model.namespace }), isAssumed: true }
  const meant = closest(
    text,
    workloads.flatMap((workload) => [workload.name, `${workload.name}.${workload.namespace}`]),
  )
  throw unknown(
    `There is no workload "${text}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    'Name a Deployment, StatefulSet, … or a pod, as NAME.NAMESPACE',
  )
}

/** What is said of a workload that nobody wrote, with the one that may have been meant. */
export function assumedText({ workloads }: MeshModel, { name, namespace }: MeshWorkload): string {
  const own = workloads.filter((workload) => workload.namespace === namespace).map((workload) => workload.name)
  const meant = closest(name, own) ?? own.find((other) => other.startsWith(name))
  const question = meant === undefined ? '' : `; did you mean "${meant}.${namespace}"?`
  return `Workload ${namespace}/${name}, with label app=${name} and service account ${name}${question}`
}

const BY_NAME = new WeakMap<MeshModel['workloads'], ReadonlyMap<string, readonly MeshWorkload[]>>()

export function workloadsByName(workloads: MeshModel['workloads']): ReadonlyMap<string, readonly MeshWorkload[]> {
  const known = BY_NAME.get(workloads) ?? Map.groupBy(workloads, ({ name }) => name)
  BY_NAME.set(workloads, known)
  return known
}

export function sidecarOf({ namespace, labels, addresses, proxyMetadata }: MeshWorkload): Proxy {
  return { type: 'sidecar', namespace, labels, addresses, ...dnsSettingsIn(proxyMetadata) }
}

/** A gateway's proxy, and the port on which it listens for calls to the asked one. */
export interface GatewayParty {
  readonly proxy: Proxy
  readonly gateway: Gateway
  /** Made up where no file says which pods the gateway has. */
  readonly workload: MeshWorkload
  readonly listenPort: number
}

/** The Gateway named so, or without a name the first that serves the host on the port. */
export function gatewayNamed(
  model: MeshModel,
  name: string | undefined,
  asked: { readonly host: string; readonly port: number },
): GatewayParty {
  const { gateways } = model.snapshot
  const found = name === undefined ? serving(gateways, asked) : gateways.find((gateway) => isNamed(gateway, name))
  if (found === undefined) {
    const known = gateways.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    throw unknown(
      name === undefined ? 'There is no Gateway' : `There is no Gateway "${name}"`,
      known.length === 0 ? 'Add a file that has one: -f PATH' : `Name one that there is: ${known.join(', ')}`,
    )
  }
  const selector = found.spec?.selector ?? {}
  const isSelected = Object.keys(selector).length > 0
  const { name: own, namespace = 'default' } = found.metadata
  const workload =
    (isSelected ? model.workloads.find(({ labels }) => selects(selector, labels)) : undefined) ??
    madeUpGateway(model, { name: selector['istio'] ?? own, namespace, labels: selector })
  const proxy: Proxy = {
    type: 'gateway',
    namespace: workload.namespace,
    labels: workload.labels,
    addresses: workload.addresses,
  }
  return { proxy, gateway: found, workload, listenPort: listenPort(model, proxy, asked.port) }
}

export function gatewayTitle({ gateway }: GatewayParty): string {
  return titleOf(gateway)
}

function serving(gateways: readonly Gateway[], { host, port }: { host: string; port: number }): Gateway | undefined {
  const onPort = gateways.filter(({ spec }) => spec?.servers?.some((server) => server.port.number === port) === true)
  const forHost = onPort.find(({ spec }) =>
    spec?.servers?.some(({ hosts = [], port: { number } }) => {
      const names = hosts.map((entry) => entry.slice(entry.indexOf('/') + 1))
      return number === port && hostsInNamespace(names, '').some((name) => isSubsetOf(host, name))
    }),
  )
  return forHost ?? onPort[0] ?? gateways[0]
}

function isNamed({ metadata }: Gateway, name: string): boolean {
  return name === metadata.name || name === `${metadata.namespace}/${metadata.name}`
}

/** Services in front of a gateway lead to another port of its pods. */
function listenPort({ snapshot }: MeshModel, { namespace, addresses }: Proxy, port: number): number {
  for (const { service, endpoint } of servicesAt(snapshot, addresses)) {
    const served = service.ports.find(({ number }) => number === port)
    if (service.namespace === namespace && served !== undefined) return targetPortOf(endpoint, served)
  }
  return port
}

function behindService(
  { snapshot, workloads }: MeshModel,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): MeshWorkload | undefined {
  const service = snapshot.objects.get('Service')?.get(`${namespace}/${name}`)
  const selector = (service as { spec?: { selector?: Readonly<Record<string, string>> } } | undefined)?.spec?.selector
  if (selector === undefined) return undefined
  return workloads.find((workload) => workload.namespace === namespace && selects(selector, workload.labels))
}

/** As most are: labelled with its name, and with a service account of that name. */
function madeUp(
  { snapshot: { mesh } }: MeshModel,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): MeshWorkload {
  return {
    name,
    namespace,
    labels: { app: name },
    serviceAccount: name,
    addresses: ['10.244.255.1'],
    replicas: 1,
    hasSidecar: true,
    type: 'sidecar',
    canonicalName: name,
    canonicalRevision: 'latest',
    trustDomain: mesh.trustDomain ?? 'cluster.local',
    cluster: mesh.clusterName ?? 'Kubernetes',
    locality: { region: '', zone: '', subzone: '' },
  }
}

/** Its service account is most often named as its label `istio`. */
function madeUpGateway(
  model: MeshModel,
  { labels, ...named }: { readonly name: string; readonly namespace: string; readonly labels: MeshWorkload['labels'] },
): MeshWorkload {
  return { ...madeUp(model, named), labels, addresses: ['10.244.255.254'], type: 'gateway' }
}

function unknown(message: string, hint: string): UserError {
  return new UserError('DABBA_NOT_FOUND', { message, hint })
}
