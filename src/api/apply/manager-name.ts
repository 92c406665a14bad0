import type { Cause } from '../errors.ts'
import { invalidValue, notSupported, required, tooLong } from '../errors.ts'
import type { ManagedFieldsEntry } from '../object.ts'

/** k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go */
const MANAGER_LENGTH_MAX = 128
const SUBRESOURCE_LENGTH_MAX = 256
/** What Go's unicode.IsPrint allows: letters, marks, numbers, punctuation, symbols and the space. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u

/** What a client is called that gave no `fieldManager`: the program that its user agent names. */
export function managerOf(fieldManager: string | undefined, userAgent = ''): string {
  if (fieldManager !== undefined && fieldManager !== '') return fieldManager
  let name = ''
  for (const character of userAgent.split('/')[0] ?? '') {
    if (UNPRINTABLE.test(character)) continue
    if (Buffer.byteLength(name + character) > MANAGER_LENGTH_MAX) break
    name += character
  }
  return name
}

export function* validateFieldManager(name: string, field: string): Generator<Cause> {
  if (Buffer.byteLength(name) > MANAGER_LENGTH_MAX) yield tooLong(field, MANAGER_LENGTH_MAX)
  let position = 0
  for (const character of name) {
    if (UNPRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      yield invalidValue(field, name, `invalid character U+${code} (at position ${position})`)
    }
    position += Buffer.byteLength(character)
  }
}

/** What is wrong with `metadata.managedFields` as they come to be stored. */
export function validateManagedFields(entries: readonly ManagedFieldsEntry[] = [], field: string): Iterable<Cause> {
  return entries.every(isUsual) ? [] : validateEntries(entries, field)
}

/** As entries are that this process writes, for a program whose name was looked at before. */
function isUsual({ operation, fieldsType, manager = '', subresource = '' }: ManagedFieldsEntry): boolean {
  if ((operation !== 'Update' && operation !== 'Apply') || fieldsType !== 'FieldsV1') return false
  return validManagers.has(manager) && Buffer.byteLength(subresource) <= SUBRESOURCE_LENGTH_MAX
}

/** There are as many as programs that write. */
const VALID_MANAGERS_MAX = 1_000
const validManagers = new Set<string>()

function* validateEntries(entries: readonly ManagedFieldsEntry[], field: string): Generator<Cause> {
  for (const [index, entry] of entries.entries()) {
    const causes = [...validateEntry(entry, `${field}[${index}]`)]
    if (causes.length === 0 && validManagers.size < VALID_MANAGERS_MAX) validManagers.add(entry.manager ?? '')
    yield* causes
  }
}

function* validateEntry(entry: ManagedFieldsEntry, at: string): Generator<Cause> {
  const { operation, fieldsType = '', manager = '', subresource = '' } = entry
  if (operation === undefined || (operation as string) === '') yield required(`${at}.operation`, 'must not be empty')
  else if (operation !== 'Apply' && operation !== 'Update') {
    yield notSupported(`${at}.operation`, operation, ['Apply', 'Update'])
  }
  if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
    yield invalidValue(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`')
  }
  yield* validateFieldManager(manager, `${at}.manager`)
  if (Buffer.byteLength(subresource) > SUBRESOURCE_LENGTH_MAX) {
    yield tooLong(`${at}.subresource`, SUBRESOURCE_LENGTH_MAX)
  }
}
