import type { CrdBundle } from '../crd-bundle.ts'
import bundle from './crds.generated.json' with { type: 'json' }

/**
 * The kinds of Istio. Facts: istio/istio 86c9f01 manifests/charts/base/files/crd-all.gen.yaml and, for IstioOperator,
 * istio/istio 21fab3f manifests/charts/base/crds/crd-operator.yaml (both Apache-2.0).
 */
export const istioCrds: CrdBundle = bundle
