import { type Cause, invalidValue } from '../../errors.ts'
import { validateDns1035Label } from '../../names/dns.ts'
import type { CustomResourceDefinitionNames } from '../../types.generated.ts'
import type { Unchecked } from '../validation/unchecked.ts'

/** What is wrong with the names that are given; whether they must be is another question. */
export function* validateNames(names: Unchecked<CustomResourceDefinitionNames>, field: string): Generator<Cause> {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names
  yield* validateName(plural, `${field}.plural`)
  yield* validateName(singular, `${field}.singular`)
  yield* validateKindName(kind, `${field}.kind`)
  yield* validateKindName(listKind, `${field}.listKind`)
  for (const [index, name] of shortNames.entries()) yield* validateLabel(name, `${field}.shortNames[${index}]`)
  if (kind !== '' && kind === listKind) {
    yield invalidValue(`${field}.listKind`, listKind, 'kind and listKind may not be the same')
  }
  for (const [index, name] of categories.entries()) yield* validateLabel(name, `${field}.categories[${index}]`)
}

function* validateName(name: string, field: string): Generator<Cause> {
  if (name !== '') yield* validateLabel(name, field)
}

export function* validateLabel(name: string, field: string): Generator<Cause> {
  const problems = validateDns1035Label(name)
  if (problems.length > 0) yield invalidValue(field, name, problems.join(','))
}

function* validateKindName(name: string, field: string): Generator<Cause> {
  const problems = name === '' ? [] : validateDns1035Label(name.toLowerCase())
  if (problems.length > 0) {
    yield invalidValue(field, name, `may have mixed case, but should otherwise match: ${problems.join(',')}`)
  }
}
