import type { Cause } from '../../errors.ts'
import { required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { nameIsPathSegment } from '../../names/object-names.ts'
import type { TypedLocalObjectReference } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import type { Unchecked } from '../validation/unchecked.ts'

/** pkg/apis/networking/validation/validation.go validateIngressTypedLocalObjectReference. */
export function* validateLocalReference(
  { apiGroup, kind = '', name = '' }: Unchecked<TypedLocalObjectReference>,
  field: string,
): Generator<Cause> {
  if (apiGroup !== undefined) yield* invalidFor(`${field}.apiGroup`, apiGroup, validateDns1123Subdomain(apiGroup))
  for (const [part, value] of Object.entries({ kind, name })) {
    if (value === '') yield required(`${field}.${part}`, `${part} is required`)
    else yield* invalidFor(`${field}.${part}`, value, nameIsPathSegment(value))
  }
}
