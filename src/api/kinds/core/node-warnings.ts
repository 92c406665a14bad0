import { warningsForCidr } from '../../names/ip.ts'
import type { Node } from '../../types.generated.ts'

/** pkg/registry/core/node/strategy.go fieldIsDeprecatedWarnings. */
export function* nodeWarnings({ spec }: Node): Generator<string> {
  if (spec.configSource !== undefined) {
    yield 'spec.configSource: the feature is removed, a warning of the removal was already added in v1.22'
  }
  if ((spec.externalID ?? '') !== '') yield 'spec.externalID: this field is deprecated, and is unused by Kubernetes'
  for (const [index, range] of (spec.podCIDRs ?? []).entries()) yield* warningsForCidr(range, `spec.podCIDRs[${index}]`)
}
