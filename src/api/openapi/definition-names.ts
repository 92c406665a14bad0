import type { Kind } from '../kind.ts'
import { builtinDefinition } from '../schema/builtin-table.ts'

/** The name under which a kind's schema is published: `io.istio.networking.v1.VirtualService` for a custom one. */
export function rootDefinitionOf(kind: Kind): string {
  return definitionOf(kind, kind.kind)
}

/** The name under which the schema of its lists is published. */
export function listDefinitionOf(kind: Kind): string {
  return definitionOf(kind, listKindOf(kind))
}

export function listKindOf(kind: Kind): string {
  return kind.listKind ?? `${kind.kind}List`
}

function definitionOf({ group, version }: Kind, kind: string): string {
  return builtinDefinition({ group, version, kind }) ?? [...group.split('.').toReversed(), version, kind].join('.')
}
