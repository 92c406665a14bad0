import table from './builtin.generated.json' with { type: 'json' }
import { BUILTIN_GROUPS, META } from './builtin-groups.ts'
import type { DefinitionFacts, Facts, FieldFacts } from './facts.ts'

/** What is known about the built-in API. */
export const BUILTIN_FACTS = table as unknown as Facts

/** `io.k8s.api.core.v1.Pod` → its facts; undefined for what is not in the table. */
export function builtinFacts(definition: string): DefinitionFacts | undefined {
  const dot = definition.lastIndexOf('.')
  return BUILTIN_FACTS[definition.slice(0, dot)]?.[definition.slice(dot + 1)]
}

/** The full name of the definition that a field of `definition` refers to; undefined for a scalar. */
export function referredDefinition(definition: string, { type }: FieldFacts): string | undefined {
  if (type.includes('.')) return type
  return /^[A-Z]/.test(type) ? `${definition.slice(0, definition.lastIndexOf('.'))}.${type}` : undefined
}

/** The fields as they stand in JSON: those of embedded structs among the definition's own. */
export function* jsonFields(definition: string): Generator<readonly [name: string, field: FieldFacts, owner: string]> {
  for (const [name, field] of Object.entries(builtinFacts(definition)?.fields ?? {})) {
    if (field.inline !== true) yield [name, field, definition]
    else yield* jsonFields(referredDefinition(definition, field) ?? '')
  }
}

export interface BuiltinKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** `{ group: 'apps', version: 'v1', kind: 'Deployment' }` → `io.k8s.api.apps.v1.Deployment`, lists and options too. */
export function builtinDefinition({ group, version, kind }: BuiltinKind): string | undefined {
  for (const [scope, of] of BUILTIN_GROUPS) {
    if (of.group !== group || of.version !== version) continue
    if (BUILTIN_FACTS[scope]?.[kind]?.kind === true) return `${scope}.${kind}`
  }
  // Status, DeleteOptions and the documents of discovery say `v1`, and options are known to every group.
  return isShared(kind) && isBuiltin(group, version) ? `${META}.${kind}` : undefined
}

function isShared(kind: string): boolean {
  return BUILTIN_FACTS[META]?.[kind]?.kind === true && !kind.startsWith('PartialObjectMetadata')
}

function isBuiltin(group: string, version: string): boolean {
  return [...BUILTIN_GROUPS.values()].some((of) => of.group === group && of.version === version)
}
