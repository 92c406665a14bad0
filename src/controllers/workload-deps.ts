import type { ClusterOptions } from './cluster-options.ts'
import type { Expectations } from './pods/expectations.ts'

/** What workload controllers are given: what all controllers are, and what those of one cluster share. */
export interface WorkloadDeps extends ClusterOptions {
  readonly expectations: Expectations
}
