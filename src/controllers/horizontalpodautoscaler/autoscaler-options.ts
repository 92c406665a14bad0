/** Flags of kube-controller-manager, under the names that it has for them (--horizontal-pod-autoscaler-…). */
export interface AutoscalerOptions {
  readonly syncPeriodMs: number
  readonly downscaleStabilizationMs: number
  readonly tolerance: number
  readonly cpuInitializationPeriodMs: number
  readonly initialReadinessDelayMs: number
  /** Feature gate HPAScaleToZero. */
  readonly scaleToZero: boolean
  /** Feature gate HPAConfigurableTolerance. */
  readonly configurableTolerance: boolean
  /** Without a behaviour, one step goes to at most `factor` times the present size, or to `minimum`. */
  readonly scaleUpLimit: { readonly factor: number; readonly minimum: number }
}

/** kubernetes/kubernetes:pkg/controller/podautoscaler/config/v1alpha1/defaults.go, feature gates as of 1.35. */
export const AUTOSCALER_DEFAULTS: AutoscalerOptions = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  tolerance: 0.1,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
  scaleToZero: false,
  configurableTolerance: true,
  scaleUpLimit: { factor: 2, minimum: 4 },
}
