import { badRequest } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { parseFieldSelector } from '../../api/selectors/fields.ts'
import { SelectorError } from '../../api/selectors/label-matcher.ts'
import { parseLabelSelector } from '../../api/selectors/parse-labels.ts'
import { decode } from './meta.ts'

/** Which stored objects a list or watch asked for. `undefined`: all of them. */
export type Selection = ((object: ApiObject) => boolean) | undefined

export interface Selectors {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly name?: string | undefined
}

/** Compiles the selectors of a request, refusing what does not parse and fields that the kind does not offer. */
export function selectionOf(kind: Kind, { labelSelector = '', fieldSelector = '', name }: Selectors): Selection {
  const checks: ((object: ApiObject) => boolean)[] = []
  if (labelSelector !== '') checks.push(byLabels(labelSelector))
  if (fieldSelector !== '') checks.push(...byFields(kind, fieldSelector))
  if (name !== undefined && name !== '') checks.push((object) => object.metadata.name === name)
  const [first, ...rest] = checks
  return rest.length === 0 ? first : (object) => checks.every((check) => check(object))
}

function byLabels(text: string): (object: ApiObject) => boolean {
  const matcher = refusing(() => parseLabelSelector(text))
  return (object) => matcher.matches(object.metadata.labels)
}

function byFields(kind: Kind, text: string): ((object: ApiObject) => boolean)[] {
  const requirements = refusing(() => parseFieldSelector(text).requirements)
  return requirements.map(({ field, operator, value }) => {
    const read = fieldReader(kind, field)
    return operator === '!=' ? (object) => read(object) !== value : (object) => read(object) === value
  })
}

function fieldReader(kind: Kind, path: string): (object: ApiObject) => string {
  if (path === 'metadata.name') return (object) => object.metadata.name
  if (path === 'metadata.namespace') return (object) => object.metadata.namespace ?? ''
  const field = kind.selectableFields?.find((candidate) => candidate.path === path)
  if (field === undefined) throw badRequest(`field label not supported: ${path}`)
  return kind.storedAs === undefined ? (object) => field.value(object) : (object) => field.value(decode(kind, object))
}

function refusing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}
