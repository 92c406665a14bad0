import { ClusterRole } from '../../api/kinds/rbac/cluster-role.ts'
import type { ApiObject, Key } from '../../api/object.ts'
import { type LabelSelector, matcherOfSelector } from '../../api/selectors/label-selector.ts'
import type { PolicyRule } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Client } from '../../client/client.ts'
import { type Controller, type ControllerContext, DONE, type Outcome, type Source } from '../../client/controller.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'

const INDEX = 'aggregating'

/** Fills ClusterRoles that gather others' rules (k8s.io/kubernetes pkg/controller/clusterroleaggregation). */
export class ClusterRoleAggregationController implements Controller {
  readonly name = 'clusterrole-aggregation'
  readonly sources: readonly Source[] = [{ kind: ClusterRole, keys: (role, old) => this.#keysOf(role, old) }]
  readonly #client: Client
  readonly #informers: Informers

  constructor({ client, informers }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
  }

  start({ informers }: ControllerContext): void {
    informers.of(ClusterRole).addIndex(INDEX, (role) => (selectorsOf(role).length === 0 ? [] : ['']))
  }

  async reconcile(key: Key): Promise<Outcome> {
    const role = this.#informers.of(ClusterRole).get(key)
    if (role === undefined || selectorsOf(role).length === 0) return DONE
    const rules = gatherRules(role, [...this.#informers.of(ClusterRole).values()])
    if (deepEqual(rules, role.rules ?? [])) return DONE
    return retryLostRace(async () => {
      await this.#client.update({ ...role, rules })
    })
  }

  /** A role that changed concerns itself and all that gather, or gathered, it. */
  *#keysOf(object: ApiObject, old: ApiObject | undefined): Generator<string> {
    if (selectorsOf(object as ClusterRole).length > 0) yield object.metadata.name
    for (const role of this.#informers.of(ClusterRole).byIndex(INDEX, '')) {
      if (gathers(role, object) || (old !== undefined && gathers(role, old))) yield role.metadata.name
    }
  }
}

/** The rules of all that a role gathers: by name, each rule once, selector after selector. */
export function gatherRules(role: ClusterRole, roles: readonly ClusterRole[]): readonly PolicyRule[] {
  const sorted = roles.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const gathered: PolicyRule[] = []
  for (const selector of selectorsOf(role)) {
    for (const other of sorted) {
      if (other.metadata.name === role.metadata.name) continue
      if (!matcherOfSelector(selector).matches(other.metadata.labels)) continue
      for (const rule of other.rules ?? []) {
        if (!gathered.some((one) => deepEqual(one, rule))) gathered.push(rule)
      }
    }
  }
  return gathered
}

function selectorsOf({ aggregationRule }: ClusterRole): readonly LabelSelector[] {
  return aggregationRule?.clusterRoleSelectors ?? []
}

function gathers(role: ClusterRole, { metadata }: ApiObject): boolean {
  if (role.metadata.name === metadata.name) return false
  return selectorsOf(role).some((selector) => matcherOfSelector(selector).matches(metadata.labels))
}
