import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationSource,
} from '../../mesh/config/types/authorization-policy.ts'

/** A rule of a policy with all its lists in place, each entry where it is written. */
export interface PlainRule {
  readonly from: readonly AuthorizationSource[]
  readonly to: readonly AuthorizationOperation[]
  readonly when: readonly Required<AuthorizationCondition>[]
}

/** As YAML has it, where a field without a value is null. */
interface WrittenRule {
  readonly from?: readonly ({ readonly source?: AuthorizationSource | null } | null)[] | null
  readonly to?: readonly ({ readonly operation?: AuthorizationOperation | null } | null)[] | null
  readonly when?: readonly (WrittenCondition | null)[] | null
}

interface WrittenCondition {
  readonly key?: string | null
  readonly values?: readonly string[] | null
  readonly notValues?: readonly string[] | null
}

export function plainRules({ spec }: AuthorizationPolicy): readonly PlainRule[] {
  const rules: readonly (WrittenRule | null)[] = spec?.rules ?? []
  return rules.map((rule) => ({
    from: (rule?.from ?? []).map((entry) => withoutNulls(entry?.source)),
    to: (rule?.to ?? []).map((entry) => withoutNulls(entry?.operation)),
    when: (rule?.when ?? []).map((condition) => ({
      key: condition?.key ?? '',
      values: condition?.values ?? [],
      notValues: condition?.notValues ?? [],
    })),
  }))
}

function withoutNulls<Fields extends object>(fields: Fields | null | undefined): Fields {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== null)) as Fields
}
