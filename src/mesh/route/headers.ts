import { type HeaderList, withoutHeader } from './header-list.ts'
import type { HeaderOperations } from '../config/types/virtual-service.ts'

/** Operations on headers in the order in which they take effect. Names are lower case. */
export type HeaderChange =
  | {
      readonly op: 'set' | 'add'
      readonly name: string
      readonly value: string
      /** Whether the value speaks of the request, as `%REQ(X-ID)%` does; it is then as it was written. */
      readonly hasVariables?: true
    }
  | { readonly op: 'remove'; readonly name: string }

export const NO_CHANGES: readonly HeaderChange[] = []

/**
 * What one list of Envoy's does, whoever wrote into it: it removes, then sets, then adds. Of two that set a header the later
 * decides; empty values are not written (envoyproxy/envoy source/common/router/header_parser.cc).
 */
export function headerChanges(...levels: readonly (HeaderOperations | undefined)[]): readonly HeaderChange[] {
  const changes = [
    ...levels.flatMap((operations) => (operations?.remove ?? []).map(removal)),
    ...levels.flatMap((operations) => writes('set', operations?.set)),
    ...levels.flatMap((operations) => writes('add', operations?.add)),
  ]
  return changes.length === 0 ? NO_CHANGES : changes
}

/** A Host that is set, or else one that is added, is a new authority. */
export function authorityOf({ set, add }: HeaderOperations = {}): string | undefined {
  return hostIn(set) || hostIn(add)
}

function hostIn(values: Readonly<Record<string, string>> = {}): string | undefined {
  return Object.entries(values).findLast(([name]) => isAuthority(name))?.[1]
}

function removal(name: string): HeaderChange {
  return { op: 'remove', name: name.toLowerCase() }
}

function writes(op: 'set' | 'add', values: Readonly<Record<string, string>> = {}): readonly HeaderChange[] {
  return Object.entries(values)
    .filter(([name, value]) => value !== '' && !isAuthority(name) && !name.startsWith(':'))
    .map(([name, value]) => change(op, name.toLowerCase(), value))
}

/** `%%` is a percent sign; another one begins a variable. */
function change(op: 'set' | 'add', name: string, value: string): HeaderChange {
  if (!value.includes('%')) return { op, name, value }
  const rest = value.replaceAll('%%', '')
  return rest.includes('%') ? { op, name, value, hasVariables: true } : { op, name, value: value.replaceAll('%%', '%') }
}

function isAuthority(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === 'host' || lower === ':authority'
}

/** Headers after all changes; what is added to one that is there follows it after a comma. */
export function withHeaderChanges(
  headers: Readonly<Record<string, string>>,
  changes: readonly HeaderChange[],
): Readonly<Record<string, string>> {
  if (changes.length === 0) return headers
  const next = new Map(Object.entries(headers))
  for (const change of changes) {
    const { op, name } = change
    if (op === 'remove') next.delete(name)
    else if (op === 'set') next.set(name, change.value)
    else next.set(name, next.has(name) ? `${next.get(name) ?? ''},${change.value}` : change.value)
  }
  return Object.fromEntries(next)
}

/** The same list where there is nothing to change. A `set` puts its value in place of all of the name. */
export function withListChanges(headers: HeaderList, changes: readonly HeaderChange[]): HeaderList {
  if (changes.length === 0) return headers
  let next = [...headers]
  for (const change of changes) {
    if (change.op !== 'add') next = withoutHeader(next, change.name)
    if (change.op !== 'remove') next.push(change.name, change.value)
  }
  return next
}
