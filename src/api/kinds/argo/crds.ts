import type { CrdBundle } from '../crd-bundle.ts'
import bundle from './crds.generated.json' with { type: 'json' }

/** The kinds of Argo Rollouts. Facts: argoproj/argo-rollouts 9f8d111 manifests/crds (Apache-2.0). */
export const argoCrds: CrdBundle = bundle
