import type { ApiObject } from '../../api/object.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { type Installation, objectIn } from './installation.ts'

export const OWNER_LABEL = 'install.operator.istio.io/owning-resource'
export const OWNER_NAMESPACE_LABEL = 'install.operator.istio.io/owning-resource-namespace'
export const COMPONENT_LABEL = 'operator.istio.io/component'

export type ComponentName = 'Base' | 'EgressGateways' | 'IngressGateways' | 'Pilot'

/** What a component's objects have in common. */
export interface Chart {
  readonly installation: Installation
  readonly component: ComponentName
  readonly name: string
  readonly namespace: string
  /** Of the pods, by which all else finds them. */
  readonly selector: Readonly<Record<string, string>>
  /** The chart's own values. */
  readonly values: JsonObject
}

export interface Autoscaling {
  readonly enabled: boolean
  readonly min: number
  readonly max: number
}

export function revisionOf({ revision }: Installation): string {
  return revision === '' ? 'default' : revision
}

/** `istiod`, or `istiod-<revision>`. */
export function revisioned(name: string, { revision }: Installation): string {
  return revision === '' ? name : `${name}-${revision}`
}

export function labelsOf(chart: Chart): Readonly<Record<string, string>> {
  const { installation, component, selector } = chart
  return {
    ...selector,
    release: 'istio',
    'istio.io/rev': revisionOf(installation),
    [OWNER_LABEL]: installation.owner,
    [COMPONENT_LABEL]: component,
  }
}

export function namedObject(
  chart: Chart,
  apiVersion: string,
  kind: string,
  parts: JsonObject & { readonly name?: string; readonly annotations?: JsonObject },
): ApiObject {
  const { name = chart.name, annotations, ...rest } = parts
  const metadata = { name, namespace: chart.namespace, labels: labelsOf(chart), ...(annotations && { annotations }) }
  return { apiVersion, kind, metadata, ...rest } as ApiObject
}

/** `k8s.hpaSpec` speaks louder than the chart's values, since what it says decides whether there is a budget. */
export function autoscalingOf({ values }: Chart, hpaSpec: JsonObject = {}): Autoscaling {
  return {
    enabled: values['autoscaleEnabled'] !== false,
    min: numberIn(hpaSpec['minReplicas'] ?? values['autoscaleMin'], 1),
    max: numberIn(hpaSpec['maxReplicas'] ?? values['autoscaleMax'], 5),
  }
}

/** The autoscaler of a component and, where more than one pod runs, the budget for disruptions. */
export function scalingObjects(chart: Chart, { enabled, min, max }: Autoscaling, replicas: number): ApiObject[] {
  const { values, installation, name, selector } = chart
  const utilization = numberIn(objectIn(values['cpu'], {})['targetAverageUtilization'], 80)
  const target = { type: 'Utilization', averageUtilization: utilization }
  const autoscaler = namedObject(chart, 'autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: {
      minReplicas: min,
      maxReplicas: max,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  })
  const global = objectIn(installation.values['global'], {})
  const wantsBudget = objectIn(global['defaultPodDisruptionBudget'], {})['enabled'] !== false
  const budget = namedObject(chart, 'policy/v1', 'PodDisruptionBudget', {
    spec: { minAvailable: 1, selector: { matchLabels: selector } },
  })
  const atLeast = enabled ? min : replicas
  return [...(enabled ? [autoscaler] : []), ...(wantsBudget && atLeast > 1 ? [budget] : [])]
}

export function numberIn(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

export function recordIn(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
}

/** A name that is a whole image stands for itself. */
export function imageOf(
  name: string,
  component: { readonly hub?: string; readonly tag?: string | number },
  { hub, tag }: Installation,
): string {
  return name.includes('/') ? name : `${component.hub ?? hub}/${name}:${component.tag ?? tag}`
}

/** Limits and requests that the component has, or else all components. */
export function resourcesOf({ values, installation }: Chart, otherwise: JsonObject): JsonObject {
  const global = objectIn(installation.values['global'], {})
  return objectIn(values['resources'] ?? global['defaultResources'], otherwise)
}

export function fieldEnv(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { fieldPath } } }
}

export function valueEnv(values: Readonly<Record<string, string>>): readonly JsonObject[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}
