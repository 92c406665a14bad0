import { hasHeader, type HeaderList, headerValue, withoutHeader } from '../../route/header-list.ts'

/** What an authorizer wants to become of a header. Names are lower case. */
export type FieldChange =
  | {
      /** `append` joins the value to one that is there, and does nothing without one. */
      readonly op: 'set' | 'add' | 'append' | 'add-if-absent' | 'set-if-present'
      readonly name: string
      readonly value: string
    }
  | { readonly op: 'remove'; readonly name: string }

/** What says how a message is framed, and so cannot be said by others. */
const ABOUT_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/
// oxlint-disable-next-line no-control-regex -- these are what a value must not have.
const UNSOUND_VALUE = /[\0\r\n]/

/** Whether it can be said in a message at all. */
export function isSound(change: FieldChange): boolean {
  return NAME.test(change.name) && (change.op === 'remove' || !UNSOUND_VALUE.test(change.value))
}

/** Whether a name is that of a header that others may speak of: none of HTTP/2's own, and nothing that frames the message. */
export function isOpen(name: string): boolean {
  return !name.startsWith(':') && name !== 'host' && !ABOUT_THE_CONNECTION.has(name)
}

/** One after the other; those of names that nobody may change are passed over. The same list where there is nothing to do. */
export function withFieldChanges(headers: HeaderList, changes: readonly FieldChange[]): HeaderList {
  let next = headers
  for (const change of changes) if (isOpen(change.name)) next = withChange(next, change)
  return next
}

function withChange(headers: HeaderList, change: FieldChange): HeaderList {
  const { name } = change
  switch (change.op) {
    case 'remove':
      return withoutHeader(headers, name)
    case 'add':
      return [...headers, name, change.value]
    case 'set':
      return [...withoutHeader(headers, name), name, change.value]
    case 'append': {
      const known = headerValue(headers, name)
      return known === undefined ? headers : [...withoutHeader(headers, name), name, `${known},${change.value}`]
    }
    case 'add-if-absent':
      return hasHeader(headers, name) ? headers : [...headers, name, change.value]
    case 'set-if-present':
      return hasHeader(headers, name) ? [...withoutHeader(headers, name), name, change.value] : headers
  }
}
