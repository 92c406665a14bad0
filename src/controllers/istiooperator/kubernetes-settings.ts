import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { Service } from '../../api/kinds/core/service.ts'
import type { KubernetesResources } from '../../api/kinds/istio/istio-operator.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import type { ApiObject } from '../../api/object.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts'
import type { Schema } from '../../api/schema/schema.ts'
import { applyOverlay } from './overlay.ts'

/*
 * What `k8s` of a component says is laid over the objects that the charts make.
 * Rules: istio/istio operator/pkg/render/postprocess.go.
 */

type Patch = (value: unknown, container: string) => JsonObject

const podSpec = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } })
const inPodSpec =
  (field: string): Patch =>
  (value) =>
    podSpec({ [field]: value })
const inContainer =
  (field: string): Patch =>
  (value, name) =>
    podSpec({ containers: [{ name, [field]: value }] })
const asSpec: Patch = (spec) => ({ spec }) as JsonObject

const SETTINGS: Readonly<Partial<Record<keyof KubernetesResources, readonly [kind: string, patch: Patch]>>> = {
  affinity: ['Deployment', inPodSpec('affinity')],
  env: ['Deployment', inContainer('env')],
  hpaSpec: ['HorizontalPodAutoscaler', asSpec],
  imagePullPolicy: ['Deployment', inContainer('imagePullPolicy')],
  nodeSelector: ['Deployment', inPodSpec('nodeSelector')],
  podAnnotations: ['Deployment', (annotations) => ({ spec: { template: { metadata: { annotations } } } })],
  podDisruptionBudget: ['PodDisruptionBudget', asSpec],
  priorityClassName: ['Deployment', inPodSpec('priorityClassName')],
  readinessProbe: ['Deployment', inContainer('readinessProbe')],
  replicaCount: ['Deployment', (replicas) => ({ spec: { replicas } })],
  resources: ['Deployment', inContainer('resources')],
  securityContext: ['Deployment', inPodSpec('securityContext')],
  service: ['Service', asSpec],
  serviceAnnotations: ['Service', (annotations) => ({ metadata: { annotations } })],
  strategy: ['Deployment', (strategy) => ({ spec: { strategy } })],
  tolerations: ['Deployment', inPodSpec('tolerations')],
  volumeMounts: ['Deployment', inContainer('volumeMounts')],
  volumes: ['Deployment', inPodSpec('volumes')],
}

const SCHEMAS: Readonly<Record<string, () => Schema>> = {
  Deployment: () => Deployment.schema(),
  HorizontalPodAutoscaler: () => HorizontalPodAutoscaler.schema(),
  PodDisruptionBudget: () => PodDisruptionBudget.schema(),
  Service: () => Service.schema(),
}

/** `main` names the objects of the component that settings speak of, and its container. */
export function withSettings(
  objects: readonly ApiObject[],
  settings: KubernetesResources = {},
  main: { readonly name: string; readonly container: string },
): readonly ApiObject[] {
  return objects.map((object) => {
    let patched = object as unknown as JsonObject
    for (const [field, [kind, patchOf]] of Object.entries(SETTINGS)) {
      const value = settings[field as keyof KubernetesResources]
      const schema = SCHEMAS[object.kind]
      if (value === undefined || schema === undefined) continue
      if (kind !== object.kind || main.name !== object.metadata.name) continue
      patched = applyStrategicMergePatch(patched, patchOf(value, main.container), schema())
    }
    for (const { kind, name, patches = [] } of settings.overlays ?? []) {
      if (kind !== object.kind || name !== object.metadata.name) continue
      for (const { path = '', value } of patches) patched = applyOverlay(patched, path, value) as JsonObject
    }
    return withOneBudget(patched) as unknown as ApiObject
  })
}

/** A budget that says both how many may be missing and how many must be there would be refused: what the user said holds. */
function withOneBudget(object: JsonObject): JsonObject {
  const spec = object['spec'] as JsonObject | undefined
  if (object['kind'] !== 'PodDisruptionBudget' || spec?.['maxUnavailable'] === undefined) return object
  const { minAvailable: _, ...rest } = spec
  return { ...object, spec: rest }
}
