import { countOf, error, isGiven, type Maybe, type Problem } from './problem.ts'
import { type PolicySelector, validatePolicySelector } from './selectors.ts'

export interface PeerAuthentication {
  readonly selector?: Maybe<PolicySelector>
  readonly portLevelMtls?: Maybe<Readonly<Record<string, unknown>>>
}

export function* validatePeerAuthentication({ selector, portLevelMtls }: PeerAuthentication): Generator<Problem> {
  if (countOf(selector?.matchLabels) === 0 && countOf(portLevelMtls) > 0) {
    yield error('mesh/namespace peer authentication cannot have port level mTLS')
  }
  if (isGiven(portLevelMtls) && countOf(portLevelMtls) === 0) {
    yield error('port level mTLS, if defined, must have at least one element')
  }
  for (const port of Object.keys(portLevelMtls ?? {})) {
    if (Number(port) <= 0 || Number(port) > 65_535) yield error('port must be in range 1..65535')
  }
  yield* validatePolicySelector(selector)
}
