import type { ApiObject } from '../object.ts'
import type { ScopedResourceSelectorRequirement } from '../types.generated.ts'
import type { Usage } from './usage.ts'

/** A write, as far as it matters to quotas. */
export interface QuotaWrite {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly subresource?: string | undefined
  readonly object?: ApiObject
  readonly old?: ApiObject
}

/** How one resource counts towards quotas (k8s.io/apiserver pkg/quota/v1/interfaces.go). */
export interface QuotaEvaluator {
  /** Whether it measures what a quota limits under this name. */
  measures(name: string): boolean
  usage(object: ApiObject, nowMs: number): Usage
  /** Whether a write can change what is used. */
  handles(write: QuotaWrite): boolean
  matchesScope(selector: ScopedResourceSelectorRequirement, object: ApiObject): boolean
  /** What an object must say, where a quota limits these names; `undefined` when it says it. */
  missing?(names: readonly string[], object: ApiObject): string | undefined
}
