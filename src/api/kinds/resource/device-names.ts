import type { Cause } from '../../errors.ts'
import { invalidValue, required, tooLong } from '../../errors.ts'
import { DNS_1123_SUBDOMAIN_LENGTH_MAX, validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { validateCIdentifier } from '../../names/words.ts'
import { validateCsiDriverName } from '../pod-spec/validate-volume-sources.ts'
import { invalidFor } from '../validation/causes.ts'

const IDENTIFIER_LENGTH_MAX = 32
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Drivers of devices are named as those of volumes. */
export const validateDeviceDriver: (driver: string, field: string) => Iterable<Cause> = validateCsiDriverName

/** Requests, devices and counters. */
export function* validateDeviceLabel(name: string, field: string): Generator<Cause> {
  yield* invalidFor(field, name, validateDns1123Label(name))
}

/** pkg/apis/resource/validation/validation.go validatePoolName. */
export function* validatePoolName(name: string, field: string): Generator<Cause> {
  if (name === '') {
    yield required(field, '')
    return
  }
  if (name.length > DNS_1123_SUBDOMAIN_LENGTH_MAX) yield tooLong(field, DNS_1123_SUBDOMAIN_LENGTH_MAX)
  for (const part of name.split('/')) yield* invalidFor(field, part, validateDns1123Subdomain(part))
}

/** validateQualifiedName: an attribute or a capacity, with the domain that defines it or without. */
export function* validateAttributeName(name: string, field: string): Generator<Cause> {
  const parts = name.split('/')
  if (parts.length > 2) {
    yield invalidValue(field, name, 'must not contain more than one slash')
    return
  }
  const id = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? parts[0] : undefined
  if (domain === '') yield invalidValue(field, '', 'the domain must not be empty')
  else if (domain !== undefined) yield* validateDeviceDriver(domain, field)
  if (id === '' && domain !== undefined) yield invalidValue(field, '', 'the name must not be empty')
  else yield* validateIdentifier(id, field)
}

/** validateFullyQualifiedName. */
export function* validateFullAttributeName(name: string, field: string): Generator<Cause> {
  yield* validateAttributeName(name, field)
  if (name.includes('/')) return
  yield invalidValue(field, name, 'a fully qualified name must be a domain and a name separated by a slash')
}

/** validateUID. */
export function* validateShareId(id: string, field: string): Generator<Cause> {
  if (UUID.test(id)) return
  const rule =
    'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
  yield invalidValue(field, id, rule)
}

function* validateIdentifier(id: string, field: string): Generator<Cause> {
  if (id.length > IDENTIFIER_LENGTH_MAX) yield tooLong(field, IDENTIFIER_LENGTH_MAX)
  yield* invalidFor(field, id, validateCIdentifier(id))
}
