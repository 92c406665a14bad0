import { error, type Maybe, type Problem } from './problem.ts'
import { type PolicySelector, validatePolicySelector } from './selectors.ts'

export interface ProxyConfig {
  readonly selector?: Maybe<PolicySelector>
  readonly concurrency?: number
}

export function* validateProxyConfig({ selector, concurrency = 0 }: ProxyConfig): Generator<Problem> {
  yield* validatePolicySelector(selector)
  if (concurrency < 0) yield error('concurrency must be greater than or equal to 0')
}
