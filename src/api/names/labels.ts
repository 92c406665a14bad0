import type { Cause } from '../errors.ts'
import { invalidValue, tooLong } from '../errors.ts'
import { validateDns1123Subdomain } from './dns.ts'
import { EMPTY_MESSAGE, isLongerThan, maxBytesMessage, NO_PROBLEMS, patternMessage } from './messages.ts'

/** k8s.io/apimachinery pkg/api/validate/content/kube.go and pkg/api/validation/objectmeta.go. */
const LABEL_NAME_LENGTH_MAX = 63
const LABEL_VALUE_LENGTH_MAX = 63
export const ANNOTATIONS_SIZE_BYTES_MAX = 256 * 1024

const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const VALUE = `(${NAME})?`
const NAME_REGEXP = new RegExp(`^${NAME}$`)
const VALUE_REGEXP = new RegExp(`^${VALUE}$`)
const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/** A label's key, an annotation's key, a finalizer, a taint's key, …: `name` or `example.com/name`. */
export function validateQualifiedName(value: string): readonly string[] {
  const parts = value.split('/')
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  if (parts.length > 2) {
    const rule = patternMessage(NAME_RULE, NAME, 'MyName', 'my.name', '123-abc')
    return [`a valid label key ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  if (NAME_REGEXP.test(name) && name.length <= LABEL_NAME_LENGTH_MAX && prefix === undefined) return NO_PROBLEMS

  const problems: string[] = []
  if (prefix === '') problems.push(`prefix part ${EMPTY_MESSAGE}`)
  else if (prefix !== undefined) {
    problems.push(...validateDns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`))
  }
  if (name === '') problems.push(`name part ${EMPTY_MESSAGE}`)
  else if (isLongerThan(name, LABEL_NAME_LENGTH_MAX)) {
    problems.push(`name part ${maxBytesMessage(LABEL_NAME_LENGTH_MAX)}`)
  }
  if (!NAME_REGEXP.test(name)) {
    problems.push(`name part ${patternMessage(NAME_RULE, NAME, 'MyName', 'my.name', '123-abc')}`)
  }
  return problems
}

export function validateLabelValue(value: string): readonly string[] {
  const tooLongForLabel = isLongerThan(value, LABEL_VALUE_LENGTH_MAX)
  const malformed = !VALUE_REGEXP.test(value)
  if (!tooLongForLabel && !malformed) return NO_PROBLEMS
  return [
    ...(tooLongForLabel ? [maxBytesMessage(LABEL_VALUE_LENGTH_MAX)] : []),
    ...(malformed ? [patternMessage(VALUE_RULE, VALUE, 'MyValue', 'my_value', '12345')] : []),
  ]
}

export function* validateLabelName(name: string, field: string): Generator<Cause> {
  for (const problem of validateQualifiedName(name)) yield invalidValue(field, name, problem)
}

export function* validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): Generator<Cause> {
  for (const [name, value] of Object.entries(labels ?? {})) {
    yield* validateLabelName(name, field)
    for (const problem of validateLabelValue(value)) yield invalidValue(field, value, problem)
  }
}

/** The keys of annotations may be in any case. */
export function* validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): Generator<Cause> {
  let sizeBytes = 0
  for (const [name, value] of Object.entries(annotations ?? {})) {
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    for (const problem of validateQualifiedName(name.toLowerCase())) yield invalidValue(field, name, problem)
  }
  if (sizeBytes > ANNOTATIONS_SIZE_BYTES_MAX) yield tooLong(field, ANNOTATIONS_SIZE_BYTES_MAX)
}
