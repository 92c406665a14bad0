import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { apiVersionOf } from '../../src/api/kind.ts'
import { kindsOf } from '../../src/api/kinds/apiextensions/custom-kind.ts'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import { parseNodeProfiles } from '../../src/api/kinds/dabba/node-profile-file.ts'
import { expandNodeProfiles } from '../../src/api/kinds/dabba/node-profile.ts'
import type { WorkloadModel } from '../../src/api/kinds/dabba/workload-model.ts'
import { type ModelledContainer, WorkloadModels } from '../../src/api/kinds/dabba/workload-models.ts'
import { installedCrds } from '../../src/api/kinds/installed-crds.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { installationOf } from '../../src/controllers/istiooperator/installation.ts'
import { installedObjects } from '../../src/controllers/istiooperator/installed-objects.ts'
import { quantityMilli } from '../../src/api/quantity-cache.ts'
import { decodeTyped } from '../../src/api/schema/decode.ts'
import { type LabelSelector, matcherOfSelector } from '../../src/api/selectors/label-selector.ts'
import {
  BAZAAR,
  bazaar,
  bazaarFiles,
  faults,
  kustomizedFiles,
  type Manifest,
  type Workload,
  workloads,
} from './bazaar.ts'

const objects = bazaar()
const running = workloads([...objects, ...objects.flatMap(installedBy)])
const models = objects.filter((object) => object.kind === 'WorkloadModel') as unknown as WorkloadModel[]

const everything = [...objects, ...faults().flatMap((fault) => fault.objects)]
const kinds = new Map(
  [...builtinKinds(), ...installedCrds().flatMap(kindsOf)].map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind]),
)

/** What an IstioOperator sets up is part of the whole. */
function installedBy(object: Manifest): readonly Manifest[] {
  if (object.kind !== 'IstioOperator') return []
  return installedObjects(installationOf(object)) as readonly Manifest[]
}

/** What users set up by the cluster itself stand for. */
const GIVEN = new Set(['Namespace/kube-system', 'Namespace/default'])

const defined = new Set(objects.map((object) => idOf(object.kind, object.metadata.namespace, object.metadata.name)))

function idOf(kind: string, namespace: string | undefined, name: string): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
}

/** With what the server decides before it judges an object. */
function stamped(object: ApiObject): ApiObject {
  const { spec } = object as Manifest & { readonly spec?: Readonly<Record<string, unknown>> }
  const metadata = { ...object.metadata, uid: '6ba7b810-9dad-41d1-80b4-00c04fd430c8' }
  if (object.kind !== 'Service' || spec?.['externalTrafficPolicy'] !== 'Local') return { ...object, metadata }
  return { ...object, metadata, spec: { ...spec, healthCheckNodePort: 30_000 } } as ApiObject
}

function nameOf(object: Manifest): string {
  return idOf(object.kind, object.metadata.namespace, object.metadata.name)
}

function ofKind(kind: string): Manifest[] {
  return objects.filter((object) => object.kind === kind)
}

/** Everything below `value` that is a mapping, itself included. */
function* mappings(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Readonly<Record<string, unknown>>
  for (const item of Object.values(value)) yield* mappings(item)
}

/** `orders`, `payment-gateway.payments.svc.cluster.local` or `istio-system/bazaar`, seen from a namespace. */
function serviceId(host: string, from: string): string {
  const [name = '', namespace = from] = host.split('.')
  return idOf('Service', namespace, name)
}

describe('the bazaar stands on its own', () => {
  test('the kustomization lists every numbered file, in order', () => {
    expect(kustomizedFiles()).toEqual(bazaarFiles())
  })

  test('no object is defined twice', () => {
    expect(defined.size).toBe(objects.length)
  })

  test.each(everything.map((object) => ({ name: nameOf(object), object })))('$name is valid', ({ object }) => {
    const kind = kinds.get(`${object.apiVersion} ${object.kind}`)
    if (kind === undefined) throw new Error(`no platform serves ${object.apiVersion} ${object.kind}`)
    const { object: read, unknownFields } = decodeTyped(kind, object)
    expect(unknownFields).toEqual([])
    const given = stamped(read)
    const defaulted = kind.default?.(given) ?? given
    expect([...(kind.validate?.(kind.prepareForCreate?.(defaulted) ?? defaulted) ?? [])]).toEqual([])
  })

  test.each(objects.map((object) => ({ name: nameOf(object), object })))(
    '$name refers to what exists',
    ({ object }) => {
      const missing = [...referencesOf(object)].filter((reference) => !defined.has(reference) && !GIVEN.has(reference))
      expect(missing).toEqual([])
    },
  )

  test.each(ofKind('Service').map((service) => ({ name: nameOf(service), service })))(
    '$name selects pods that have its ports',
    ({ service }) => {
      const { selector, ports } = service['spec'] as {
        selector: Record<string, string>
        ports: { targetPort: string | number }[]
      }
      const selected = selectedBy({ matchLabels: selector }, service.metadata.namespace)
      expect(selected).not.toEqual([])
      for (const workload of selected) {
        const names = workload.containers.flatMap(({ container }) =>
          (container.ports ?? []).flatMap((port) => [port.name, port.containerPort]),
        )
        for (const { targetPort } of ports) expect(names).toContain(targetPort)
      }
    },
  )

  test.each(
    [...ofKind('PodDisruptionBudget'), ...ofKind('NetworkPolicy'), ...ofKind('AuthorizationPolicy')].map((object) => ({
      name: nameOf(object),
      object,
    })),
  )('$name selects pods', ({ object }) => {
    const { selector, podSelector = selector } = object['spec'] as {
      selector?: LabelSelector
      podSelector?: LabelSelector
    }
    expect(selectedBy(podSelector, object.metadata.namespace)).not.toEqual([])
  })

  test('probes name ports of their containers', () => {
    for (const { containers } of running) {
      for (const { container } of containers) {
        const names = new Set((container.ports ?? []).map((port) => port.name))
        for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port
          if (typeof port === 'string') expect(names).toContain(port)
        }
      }
    }
  })

  test('it fits on the nodes of nodes.yaml, and on two of them', () => {
    const nodes = expandNodeProfiles(parseNodeProfiles(readFileSync(`${BAZAAR}nodes.yaml`, 'utf8'), 'nodes.yaml'))
    expect(nodes).toHaveLength(3)
    for (const resource of ['cpu', 'memory']) {
      const perNode = quantityMilli(nodes[0]?.status?.allocatable?.[resource] ?? 0)
      const requested = running
        .filter(({ owner }) => !['Job', 'CronJob'].includes(owner.kind))
        .flatMap(({ containers, replicas }) =>
          containers
            .filter(({ init }) => !init)
            .map(({ container }) => replicas * quantityMilli(container.resources?.requests?.[resource] ?? 0)),
        )
        .reduce((sum, amount) => sum + amount, 0)
      expect(requested).toBeGreaterThan(0)
      expect(requested).toBeLessThan(2 * perNode)
    }
  })
})

describe('the models of the bazaar', () => {
  const behaviours = new WorkloadModels(models)

  test('every image of its own has a start, a usage and something to say', () => {
    for (const workload of running) {
      for (const container of modelled(workload)) {
        if (!container.image.startsWith('registry.bazaar.example/')) continue
        const { from } = behaviours.behaviourOf(container)
        expect(from, container.image).toMatchObject({
          image: 'bazaar-services',
          start: expect.any(String),
          usage: expect.any(String),
          logs: expect.any(String),
        })
      }
    }
  })

  test('every model gives some container something', () => {
    const used = new Set(
      running.flatMap(modelled).flatMap((container) => Object.values(behaviours.behaviourOf(container).from)),
    )
    expect(models.map((model) => model.metadata.name).filter((name) => !used.has(name))).toEqual([])
  })

  test.each(faults())('$file replaces a part of what the bazaar does', ({ file, objects: [fault] }) => {
    const model = fault as unknown as WorkloadModel
    const sections = Object.keys(model.spec).filter((name) => name !== 'selector' && name !== 'priority')
    const broken = new WorkloadModels([...models, model])
    const containers = running.flatMap(modelled)
    // A bad release is an image that nothing runs until somebody sets it.
    if (file.includes('release')) containers.push({ ...containers[0]!, image: model.spec.selector.images?.[0] ?? '' })
    const hit = containers.filter((container) =>
      Object.values(broken.behaviourOf(container).from).includes(model.metadata.name),
    )
    expect(hit).toHaveLength(1)
    const { from } = broken.behaviourOf(hit[0]!)
    expect(
      Object.entries(from)
        .filter(([, by]) => by === model.metadata.name)
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(sections.toSorted())
  })
})

function modelled({ namespace, template, containers, owner }: Workload): ModelledContainer[] {
  return containers.map(({ container, init }) => ({
    namespace,
    labels: template.metadata?.labels,
    image: container.image ?? '',
    name: container.name,
    runsToEnd: init || owner.kind === 'Job' || owner.kind === 'CronJob',
    requests: container.resources?.requests,
    limits: container.resources?.limits,
  }))
}

function selectedBy(selector: LabelSelector | undefined, namespace: string | undefined): Workload[] {
  const matcher = matcherOfSelector(selector)
  return running.filter(
    (workload) => workload.namespace === namespace && matcher.matches(workload.template.metadata?.labels),
  )
}

/** Whatever an object names that must exist beside it. */
function* referencesOf(object: Manifest): Generator<string> {
  const { namespace } = object.metadata
  if (namespace !== undefined) yield idOf('Namespace', undefined, namespace)
  for (const workload of workloads([object])) yield* referencesOfPods(workload)
  const spec = (object['spec'] ?? {}) as Record<string, unknown>
  for (const { storageClassName } of mappings(spec)) {
    if (typeof storageClassName === 'string') yield idOf('StorageClass', undefined, storageClassName)
  }
  switch (object.kind) {
    case 'StatefulSet':
      yield idOf('Service', namespace, String(spec['serviceName']))
      break
    case 'HorizontalPodAutoscaler':
    case 'Rollout':
      for (const { kind, name, apiVersion } of mappings(spec)) {
        if (typeof apiVersion === 'string') yield idOf(String(kind), namespace, String(name))
      }
      if (object.kind === 'Rollout') yield* referencesOfRollout(spec, namespace ?? '')
      break
    case 'VirtualService':
    case 'DestinationRule':
      for (const { host } of mappings(spec)) if (typeof host === 'string') yield serviceId(host, namespace ?? '')
      for (const gateway of (spec['gateways'] ?? []) as string[]) {
        const [from = '', name = ''] = gateway.split('/')
        yield idOf('Gateway', from, name)
      }
      break
    case 'Gateway':
      for (const { credentialName } of mappings(spec)) {
        if (typeof credentialName === 'string') yield idOf('Secret', namespace, credentialName)
      }
      break
    case 'RoleBinding':
    case 'ClusterRoleBinding': {
      const { roleRef, subjects } = object as unknown as {
        roleRef: { kind: string; name: string }
        subjects: { kind: string; name: string; namespace?: string }[]
      }
      yield idOf(roleRef.kind, roleRef.kind === 'Role' ? namespace : undefined, roleRef.name)
      for (const subject of subjects)
        if (subject.kind === 'ServiceAccount') yield idOf('ServiceAccount', subject.namespace, subject.name)
      break
    }
    default:
  }
}

function* referencesOfPods({ spec, namespace }: Workload): Generator<string> {
  if (spec.serviceAccountName !== undefined) yield idOf('ServiceAccount', namespace, spec.serviceAccountName)
  if (spec.priorityClassName !== undefined) yield idOf('PriorityClass', undefined, spec.priorityClassName)
  for (const {
    configMapRef,
    configMapKeyRef,
    secretRef,
    secretKeyRef,
    configMap,
    secret,
    persistentVolumeClaim,
  } of mappings(spec)) {
    for (const reference of [configMapRef, configMapKeyRef, configMap] as ({ name: string } | undefined)[]) {
      if (reference !== undefined) yield idOf('ConfigMap', namespace, reference.name)
    }
    for (const reference of [secretRef, secretKeyRef] as ({ name: string } | undefined)[]) {
      if (reference !== undefined) yield idOf('Secret', namespace, reference.name)
    }
    if (secret !== undefined) yield idOf('Secret', namespace, (secret as { secretName: string }).secretName)
    if (persistentVolumeClaim !== undefined) {
      yield idOf('PersistentVolumeClaim', namespace, (persistentVolumeClaim as { claimName: string }).claimName)
    }
  }
}

function* referencesOfRollout(spec: Record<string, unknown>, namespace: string): Generator<string> {
  for (const { canaryService, stableService, templateName, virtualServices, destinationRule } of mappings(spec)) {
    for (const service of [canaryService, stableService])
      if (typeof service === 'string') yield idOf('Service', namespace, service)
    if (typeof templateName === 'string') yield idOf('AnalysisTemplate', namespace, templateName)
    for (const { name } of (virtualServices ?? []) as { name: string }[]) yield idOf('VirtualService', namespace, name)
    if (destinationRule !== undefined)
      yield idOf('DestinationRule', namespace, (destinationRule as { name: string }).name)
  }
}
