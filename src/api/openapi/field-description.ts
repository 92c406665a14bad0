import { META } from '../schema/builtin-groups.ts'
import { builtinFacts } from '../schema/builtin-table.ts'
import type { Schema } from '../schema/schema.ts'
import type { Descriptions } from './definition.ts'

export const OBJECT_META = `${META}.ObjectMeta`
export const LIST_META = `${META}.ListMeta`

/** What objects have in common. The types that descriptions are taken from say nothing at fields of other types. */
const OF_METADATA = 'What every object has: its name and namespace, its labels and annotations, its owners.'
const OF_LIST_METADATA = 'What every list has: the version of the data that it shows, and how to read on.'
const OF_KINDS: Readonly<Record<string, string>> = {
  spec: 'What is wanted of the object.',
  status: 'What was last seen of the object. The system writes it.',
}

/** What a field is for: in its own words, else in those for all kinds, else in those of its type. */
export function describeField(
  descriptions: Descriptions,
  { definition, name, schema }: { readonly definition: string; readonly name: string; readonly schema: Schema },
): string | undefined {
  const own = descriptions[`${definition}.${name}`]
  if (own !== undefined) return own
  if (schema.definition === OBJECT_META) return OF_METADATA
  if (schema.definition === LIST_META) return OF_LIST_METADATA
  if (builtinFacts(definition)?.kind === true && name in OF_KINDS) return OF_KINDS[name]
  return schema.definition === undefined ? undefined : descriptions[schema.definition]
}

interface Described {
  readonly description?: string
}

/** What custom kinds have beside what their schemas say: as built-in kinds have it. */
export function describeObjectFields(
  descriptions: Descriptions,
): Readonly<Record<'apiVersion' | 'kind' | 'listMetadata' | 'metadata', Described>> {
  const asBuiltIn = (name: string): Described => {
    const description = descriptions[`io.k8s.api.core.v1.Pod.${name}`]
    return description === undefined ? {} : { description }
  }
  return {
    apiVersion: asBuiltIn('apiVersion'),
    kind: asBuiltIn('kind'),
    metadata: { description: OF_METADATA },
    listMetadata: { description: OF_LIST_METADATA },
  }
}
