import { changed } from '../../../base/copy-on-write.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HPAScalingRules,
  MetricSpec,
} from '../../types.generated.ts'

const MIN_REPLICAS = 1
const CPU_UTILIZATION = 80

/** What an autoscaler looks at that names nothing: pkg/apis/autoscaling/annotations.go DefaultCPUUtilization. */
export const DEFAULT_METRICS: readonly MetricSpec[] = [cpuUtilization(CPU_UTILIZATION)]

/** pkg/apis/autoscaling/v2/defaults.go. Scaling down has a window too, which is the controller's to choose. */
const SCALE_UP: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const SCALE_DOWN: HPAScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
}

export function cpuUtilization(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

/** SetDefaults_HorizontalPodAutoscaler. */
export function defaultAutoscaler(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { spec } = autoscaler
  const { metrics = [], behavior } = spec
  return changed(autoscaler, {
    spec: changed(spec, {
      minReplicas: spec.minReplicas ?? MIN_REPLICAS,
      metrics: metrics.length === 0 ? DEFAULT_METRICS : metrics,
      behavior: behavior && defaultBehavior(behavior),
    }),
  })
}

function defaultBehavior(behavior: HorizontalPodAutoscalerBehavior): HorizontalPodAutoscalerBehavior {
  return changed(behavior, {
    scaleUp: defaultRules(behavior.scaleUp, SCALE_UP),
    scaleDown: defaultRules(behavior.scaleDown, SCALE_DOWN),
  })
}

function defaultRules(rules: HPAScalingRules | undefined, defaults: HPAScalingRules): HPAScalingRules {
  if (rules === undefined) return defaults
  return changed(rules, {
    stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? defaults.stabilizationWindowSeconds,
    selectPolicy: rules.selectPolicy ?? defaults.selectPolicy,
    policies: rules.policies ?? defaults.policies,
  })
}
