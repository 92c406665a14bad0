import type { ApiRequest } from '../api/request.ts'
import type { Scheme } from '../api/scheme.ts'
import type { Store } from '../store/store.ts'
import type { Clock } from '../world/clock.ts'
import type { Random } from '../world/random.ts'
import type { Admission } from './admission/admission.ts'

/** What the verbs work with. */
export interface ServerContext {
  readonly store: Store
  readonly scheme: Scheme
  readonly clock: Clock
  readonly random: Random
  readonly admission: Admission
  readonly subresources: SubresourceHandlers
}

/** Answers a call of a subresource that is more than a view of its parent (`binding`, `eviction`, `token`, `log`). */
export type SubresourceHandler = (request: ApiRequest, context: ServerContext) => Promise<unknown>

/**
 * By `group/plural/subresource`, the core group left out: `pods/eviction`, `apps/deployments/scale`. A star stands for
 * any resource, and `group/*` for all of a group. Without a subresource, the handler answers for the kind itself, which
 * then is not stored (reviews).
 */
export type SubresourceHandlers = ReadonlyMap<string, SubresourceHandler>
