import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { MatchResources, WebhookClientConfig } from '../../types.generated.ts'

/** pkg/apis/admissionregistration/v1/defaults.go. */

export const FAILURE_POLICY_DEFAULT = 'Fail'
const MATCH_POLICY_DEFAULT = 'Equivalent'
const SCOPE_DEFAULT = '*'
const HTTPS_PORT = 443

/** What webhooks and policies have in common. */
interface Matching {
  readonly matchPolicy?: MatchResources['matchPolicy']
  readonly namespaceSelector?: MatchResources['namespaceSelector']
  readonly objectSelector?: MatchResources['objectSelector']
}

export function defaultMatching<T extends Matching>(one: T): T {
  const { matchPolicy = MATCH_POLICY_DEFAULT, namespaceSelector = {}, objectSelector = {} } = one
  return changed<Matching>(one, { matchPolicy, namespaceSelector, objectSelector }) as T
}

export function defaultMatchResources(resources: MatchResources): MatchResources {
  const { resourceRules, excludeResourceRules } = resources
  return changed(defaultMatching(resources), {
    resourceRules: resourceRules === undefined ? undefined : defaultRules(resourceRules),
    excludeResourceRules: excludeResourceRules === undefined ? undefined : defaultRules(excludeResourceRules),
  })
}

export function defaultRules<T extends { readonly scope?: string }>(rules: readonly T[]): readonly T[] {
  return mapChanged(rules, (rule) => (rule.scope === undefined ? { ...rule, scope: SCOPE_DEFAULT } : rule))
}

export function defaultClient(client: WebhookClientConfig): WebhookClientConfig {
  const { service } = client
  if (service === undefined || service.port !== undefined) return client
  return { ...client, service: { ...service, port: HTTPS_PORT } }
}
