import type { JSONSchemaProps } from '../../types.generated.ts'
import { stringFormat } from '../../cel/library/string-formats.ts'
import type { CustomResourceDefinition } from '../../types.generated.ts'
import { internalForm } from './internal-form.ts'
import { isSchemaList, schemasOf, schemasWithin } from './schema-search.ts'

/** What a definition says that will not do what it seems to; what it said before is not warned of again. */
export function* definitionWarnings(
  definition: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): Generator<string> {
  const before = new Set(old === undefined ? [] : warningsOf(old))
  for (const warning of warningsOf(definition)) if (!before.has(warning)) yield warning
}

function warningsOf(definition: CustomResourceDefinition): readonly string[] {
  const formats: string[] = []
  const sets = new Set<string>()
  for (const root of schemasOf(internalForm(definition).spec)) {
    for (const schema of schemasWithin(root)) {
      if (isUnknownFormat(schema)) formats.push(`unrecognized format ${JSON.stringify(schema.format)}`)
      const itemType = setItemType(schema)
      if (itemType !== undefined) sets.add(itemType)
    }
  }
  const setWarnings = [...sets].toSorted().map((type) => {
    const what = `x-kubernetes-list-type: set for items of type ${JSON.stringify(type)}`
    return `${what} is not supported by server-side apply or CEL validation rules`
  })
  return [...formats, ...setWarnings]
}

/** k8s.io/apiextensions-apiserver pkg/apiserver/validation/formats.go */
function isUnknownFormat({ type = '', format = '' }: JSONSchemaProps): boolean {
  if (format === '') return false
  switch (type) {
    case '':
    case 'string':
      return stringFormat(format.replaceAll('-', '')) === undefined
    case 'integer':
      return format !== 'int32' && format !== 'int64'
    case 'number':
      return format !== 'float' && format !== 'double'
    default:
      return true
  }
}

function setItemType(schema: JSONSchemaProps): string | undefined {
  const { items } = schema
  if (schema['x-kubernetes-list-type'] !== 'set' || items === undefined || isSchemaList(items)) return undefined
  return items.type === 'object' || items.type === 'array' ? items.type : undefined
}
