import { inboundRetry, outboundRetry, type RetryPolicy } from '../../../src/mesh/route/retry.ts'
import type { HttpRetry } from '../../../src/mesh/config/types/virtual-service.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'

/** retry.json: what a route's retries come to. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  const retries = (input['retries'] ?? undefined) as HttpRetry | undefined
  const inbound = input['direction'] === 'inbound'
  const consistentHash = input['consistentHash'] === true
  const actual = shown(inbound ? inboundRetry(retries) : outboundRetry(retries, { consistentHash }))
  for (const [field, expected] of Object.entries(expect)) expectSame(field, actual[field], expected)
}

function shown(policy: RetryPolicy | undefined): Record<string, unknown> {
  if (policy === undefined) return { policy: 'absent' }
  return {
    policy: 'present',
    numRetries: policy.attempts,
    retryOn: policy.retryOn.join(','),
    retriableStatusCodes: policy.statusCodes,
    perTryTimeout: policy.perTryTimeout ?? null,
    avoidPreviousHosts: policy.avoidPreviousHosts,
    hostSelectionRetryMaxAttempts: policy.hostSelectionMax,
    retryRemoteLocalities: policy.retryRemoteLocalities,
    backoff: policy.backoff ?? null,
  }
}
