import { compareText } from '../../base/compare-text.ts'
import type { CompiledPolicy } from './compiled-policy.ts'
import type { Condition } from './connection.ts'
import { type ExternalAuthorizer, externalAuthorizer } from './external-authorizer.ts'
import { type ProviderContext, providerProblem } from './provider-problem.ts'
import { deniedBy, policyOf, type RulePlace, type Verdict } from './verdict.ts'

/** A CUSTOM policy leaves the decision to a service outside of the mesh's proxies. */
export interface ExternalCheck {
  /** Whom to ask; undefined: nobody can be asked, so that it is refused. */
  readonly provider: ExternalAuthorizer | undefined
  readonly place: RulePlace
  /** If the answer is no, or if there is nobody to ask. */
  readonly refused: Verdict
}

/** The rules of all policies that name one provider: it is asked once. */
export interface ExternalGroup {
  readonly rules: readonly { readonly matches: Condition; readonly check: ExternalCheck }[]
}

/** What Istio adds to the name of a rule that it has made a refusal. */
const BAD_RULE_SUFFIX = '-deny-due-to-bad-CUSTOM-action'

/** By the names of providers. Rules: istio/istio pilot/pkg/security/authz/builder/builder.go. */
export function externalGroups(
  policies: readonly CompiledPolicy[],
  protocol: 'http' | 'tcp',
  context: ProviderContext,
): readonly ExternalGroup[] {
  const byProvider = Map.groupBy(
    policies.filter(({ action }) => action === 'CUSTOM'),
    ({ provider }) => provider,
  )
  const isTooMany = byProvider.size > 1 && context.mesh.multipleExternalProviders !== true
  const names = [...byProvider.keys()].toSorted(compareText)
  return names.flatMap((name) => {
    const written = context.mesh.extensionProviders?.find((candidate) => candidate.name === name)
    const problem = isTooMany
      ? 'CUSTOM policies of one workload name several providers'
      : providerProblem(name, context)
    const provider = problem === undefined && written !== undefined ? externalAuthorizer(written) : undefined
    // Over HTTP nobody can be asked about bytes that are none.
    if (protocol === 'tcp' && provider?.http !== undefined) return []
    const check = provider === undefined ? refusing(name, problem) : asking(provider)
    const own = (byProvider.get(name) ?? []).filter(({ isDryRun }) => !isDryRun)
    const rules = own.flatMap((policy) => policy[protocol])
    return [{ rules: rules.map(({ matches, place }) => ({ matches, check: check(place) })) }]
  })
}

function asking(provider: ExternalAuthorizer): (place: RulePlace) => ExternalCheck {
  return (place) => {
    const reason = `provider ${provider.name}, whom rule ${place.rule} of CUSTOM policy ${policyOf(place)} asks, refuses`
    return { provider, place, refused: { ...deniedBy(place, { reason }), details: 'ext_authz_denied' } }
  }
}

function refusing(name: string, reason: string | undefined): (place: RulePlace) => ExternalCheck {
  const options = {
    ...(reason !== undefined && { reason }),
    prefix: `istio-ext-authz-${name}-`,
    suffix: BAD_RULE_SUFFIX,
  }
  return (place) => ({ provider: undefined, place, refused: deniedBy(place, options) })
}
