import type { LocalReply } from '../local-reply.ts'
import type { FieldChange } from './field-change.ts'

/** What an authorizer's answer means. */
export type Consent =
  | {
      readonly kind: 'allowed'
      readonly request: readonly FieldChange[]
      readonly queryChange: QueryChange | undefined
      /** Of the answer, wherever it comes from. */
      readonly response: readonly FieldChange[]
    }
  | { readonly kind: 'refused'; readonly reply: LocalReply }
  /** It could not be asked, or gave no answer. */
  | { readonly kind: 'unreachable' }

export interface QueryChange {
  readonly set: readonly (readonly [name: string, value: string])[]
  readonly removed: readonly string[]
}

export const UNREACHABLE: Consent = { kind: 'unreachable' }

export const DENIED_DETAILS = 'ext_authz_denied'
