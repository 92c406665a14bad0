import type { AuthorizationRule } from '../config/types/authorization-policy.ts'
import { isPathTemplate } from './path-template.ts'
import type { RuleContext } from './rule.ts'
import { withAliases } from './trust-domains.ts'

/**
 * What a rule cannot be met without: one of some identities, or of some hosts or paths. Long lists of rules are looked up
 * by it instead of being asked one after the other.
 */
export interface RuleAnchor {
  readonly of: 'principal' | 'host' | 'path'
  readonly values: readonly string[]
}

/** Undefined for a rule that is met in ways that cannot be listed. */
export function anchorOf({ from = [], to = [] }: AuthorizationRule, context: RuleContext): RuleAnchor | undefined {
  const principals = exactOf(from.map(({ source }) => withAliases(source?.principals ?? [], context.trustDomains)))
  if (principals !== undefined) return { of: 'principal', values: principals }
  // Of plain TCP no such thing is known: what asks for it is dropped.
  if (context.forTcp) return undefined
  const hosts = exactOf(to.map(({ operation }) => operation?.hosts ?? []))
  if (hosts !== undefined) return { of: 'host', values: hosts.map((host) => host.toLowerCase()) }
  const paths = exactOf(to.map(({ operation }) => operation?.paths ?? []))
  return paths?.every((path) => !isPathTemplate(path)) === true ? { of: 'path', values: paths } : undefined
}

/** All values of all alternatives, if each of them has some and none of them is a pattern. */
function exactOf(alternatives: readonly (readonly string[])[]): readonly string[] | undefined {
  const isListed = alternatives.length > 0 && alternatives.every((values) => values.length > 0)
  const values = alternatives.flat()
  return isListed && values.every((value) => !value.startsWith('*') && !value.endsWith('*')) ? values : undefined
}
