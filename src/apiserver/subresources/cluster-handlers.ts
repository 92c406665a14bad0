import type { Store } from '../../store/store.ts'
import type { Clock } from '../../world/clock.ts'
import type { TokenSigner } from '../authn/token-signer.ts'
import type { RbacAuthorizer } from '../authz/rbac.ts'
import type { SubresourceHandler } from '../context.ts'
import { bindNamedPod, bindPod } from './binding.ts'
import { componentStatuses } from './component-statuses.ts'
import { evict } from './eviction.ts'
import { finalizeNamespace } from './finalize.ts'
import { type LogSource, podLog } from './log.ts'
import { resourceMetrics, type UsageSource } from './resource-metrics.ts'
import { reviewHandlers } from './reviews.ts'
import { scale } from './scale.ts'
import { noStreams, withoutUpgrade } from './streams.ts'
import { tokenRequest } from './token-request.ts'

export interface ClusterHandlersOptions {
  readonly store: Store
  readonly clock: Clock
  readonly authorizer: RbacAuthorizer
  /** Called when a token is asked for or looked at: keys are made when they are needed. */
  signer(): TokenSigner
  readonly podUsage: UsageSource['podUsage']
  readonly logs: LogSource
}

/** What answers for subresources and reviews. */
export function* clusterHandlers(
  options: ClusterHandlersOptions,
): Generator<readonly [resource: string, handler: SubresourceHandler]> {
  yield ['*/scale', scale]
  yield ['namespaces/finalize', finalizeNamespace]
  yield ['componentstatuses', componentStatuses]
  const { pods, nodes } = resourceMetrics({ podUsage: options.podUsage })
  yield ['metrics.k8s.io/pods', pods]
  yield ['metrics.k8s.io/nodes', nodes]
  yield ['bindings', bindNamedPod]
  yield ['pods/binding', bindPod]
  yield ['pods/eviction', evict]
  yield ['pods/log', podLog(options.logs)]
  for (const what of ['exec', 'attach', 'proxy']) yield [`pods/${what}`, noStreams(what)]
  yield ['pods/portforward', withoutUpgrade]
  yield ['services/proxy', noStreams('proxy')]
  yield ['nodes/proxy', noStreams('proxy')]
  yield ['serviceaccounts/token', (request, context) => tokenRequest(options.signer())(request, context)]
  yield* reviewHandlers({ ...options, signer: () => options.signer() })
}
