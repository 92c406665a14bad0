import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type {
  Container,
  ContainerPort,
  EnvVar,
  EphemeralContainer,
  HTTPGetAction,
  Lifecycle,
  LifecycleHandler,
  ObjectFieldSelector,
  Probe,
  ResourceFieldSelector,
  ResourceRequirements,
} from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { defaultPullPolicy } from './image-reference.ts'

/** What differs between the containers of a pod and those of a template, and why a cache cannot serve both. */
export interface ContainerDefaults {
  /** In a pod, a resource with a limit and no request requests its limit. A template leaves that to its pods. */
  readonly requestsFromLimits: boolean
  /** In a pod on the host's network, a port takes the same port of the host. */
  readonly hostPorts: boolean
}

/** pkg/apis/core/v1/defaults.go SetDefaults_Container and zz_generated.defaults.go. */
export function defaultContainer(container: Container, defaults: ContainerDefaults): Container {
  const { ports, env, resources } = container
  return changed(container, {
    ...sharedDefaults(container),
    ports: ports && mapChanged(ports, (port) => defaultPort(port, defaults)),
    env: env && mapChanged(env, defaultEnvVar),
    resources: defaultResources(resources ?? NO_RESOURCES, defaults),
  })
}

export function defaultEphemeralContainer(container: EphemeralContainer): EphemeralContainer {
  const { ports, env, resources } = container
  return changed(container, {
    ...sharedDefaults(container),
    ports: ports && mapChanged(ports, (port) => defaultPort(port, AS_IN_TEMPLATE)),
    env: env && mapChanged(env, defaultEnvVar),
    resources: defaultResources(resources ?? NO_RESOURCES, AS_IN_TEMPLATE),
  })
}

export function defaultResources(
  resources: ResourceRequirements,
  { requestsFromLimits }: Pick<ContainerDefaults, 'requestsFromLimits'>,
): ResourceRequirements {
  const limits = resources.limits && canonicalResources(resources.limits)
  const requests = resources.requests && canonicalResources(resources.requests)
  const filled =
    requestsFromLimits && limits !== undefined ? changed(requests ?? {}, missing(limits, requests)) : requests
  return changed(resources, { limits, requests: filled })
}

/** Ephemeral containers neither request resources nor publish ports. */
const AS_IN_TEMPLATE: ContainerDefaults = { requestsFromLimits: false, hostPorts: false }
/** Shared by all containers that ask for nothing. The API shows the field even then. */
const NO_RESOURCES: ResourceRequirements = Object.freeze({})

type SharedFields = Pick<
  Container,
  | 'image'
  | 'imagePullPolicy'
  | 'terminationMessagePath'
  | 'terminationMessagePolicy'
  | 'livenessProbe'
  | 'readinessProbe'
  | 'startupProbe'
  | 'lifecycle'
>

function sharedDefaults(container: SharedFields) {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
  return {
    imagePullPolicy: container.imagePullPolicy || defaultPullPolicy(container.image),
    terminationMessagePath: container.terminationMessagePath || '/dev/termination-log',
    terminationMessagePolicy: container.terminationMessagePolicy || 'File',
    livenessProbe: livenessProbe && defaultProbe(livenessProbe),
    readinessProbe: readinessProbe && defaultProbe(readinessProbe),
    startupProbe: startupProbe && defaultProbe(startupProbe),
    lifecycle: lifecycle && defaultLifecycle(lifecycle),
  }
}

function defaultPort(port: ContainerPort, { hostPorts }: ContainerDefaults): ContainerPort {
  return changed(port, {
    protocol: port.protocol || 'TCP',
    hostPort: hostPorts ? port.hostPort || port.containerPort : port.hostPort,
  })
}

function defaultEnvVar(variable: EnvVar): EnvVar {
  const { valueFrom } = variable
  if (valueFrom === undefined) return variable
  const { fieldRef, resourceFieldRef, fileKeyRef } = valueFrom
  return changed(variable, {
    valueFrom: changed(valueFrom, {
      fieldRef: fieldRef && defaultFieldRef(fieldRef),
      resourceFieldRef: resourceFieldRef && defaultResourceFieldRef(resourceFieldRef),
      fileKeyRef: fileKeyRef && changed(fileKeyRef, { optional: fileKeyRef.optional ?? false }),
    }),
  })
}

export function defaultFieldRef(reference: ObjectFieldSelector): ObjectFieldSelector {
  return changed(reference, { apiVersion: reference.apiVersion || 'v1' })
}

/** The divisor is no pointer upstream: where it is unset the API shows 0, which means 1. */
export function defaultResourceFieldRef(reference: ResourceFieldSelector): ResourceFieldSelector {
  const { divisor = '0' } = reference
  return changed(reference, canonicalResources({ divisor }) as { readonly divisor: string })
}

function defaultProbe(probe: Probe): Probe {
  const { httpGet, grpc } = probe
  return changed(probe, {
    timeoutSeconds: probe.timeoutSeconds || 1,
    periodSeconds: probe.periodSeconds || 10,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
    httpGet: httpGet && defaultHttpGet(httpGet),
    grpc: grpc && changed(grpc, { service: grpc.service ?? '' }),
  })
}

function defaultLifecycle(lifecycle: Lifecycle): Lifecycle {
  const { postStart, preStop } = lifecycle
  return changed(lifecycle, {
    postStart: postStart && defaultHandler(postStart),
    preStop: preStop && defaultHandler(preStop),
  })
}

function defaultHandler(handler: LifecycleHandler): LifecycleHandler {
  return changed(handler, { httpGet: handler.httpGet && defaultHttpGet(handler.httpGet) })
}

function defaultHttpGet(action: HTTPGetAction): HTTPGetAction {
  return changed(action, { path: action.path || '/', scheme: action.scheme || 'HTTP' })
}

/** The entries of `source` that `target` lacks. */
function missing(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(source).filter(([name]) => target[name] === undefined))
}
