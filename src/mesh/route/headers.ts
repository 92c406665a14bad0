import type { HeaderList } from './header-list.ts'
import type { HeaderOperations } from '../config/types/virtual-service.ts'

/** Operations on headers in the order in which they take effect. Names are lower case. */
export type HeaderChange =
  | { readonly op: 'set' | 'add'; readonly name: string; readonly value: string }
  | { readonly op: 'remove'; readonly name: string }

export const NO_CHANGES: readonly HeaderChange[] = []

/** What the route says comes before what the destination says; in each: set, add, remove. */
export function headerChanges(...levels: readonly (HeaderOperations | undefined)[]): readonly HeaderChange[] {
  const changes = levels.flatMap((operations) => [
    ...writes('set', operations?.set),
    ...writes('add', operations?.add),
    ...(operations?.remove ?? []).map((name) => ({ op: 'remove' as const, name: name.toLowerCase() })),
  ])
  return changes.length === 0 ? NO_CHANGES : changes
}

/** A Host that is set is a new authority: the last level that sets one decides. */
export function authorityOf(...levels: readonly (HeaderOperations | undefined)[]): string | undefined {
  return levels
    .map((operations) => Object.entries(operations?.set ?? {}).find(([name]) => isAuthority(name))?.[1])
    .findLast((value) => value !== undefined)
}

function writes(op: 'set' | 'add', values: Readonly<Record<string, string>> = {}): readonly HeaderChange[] {
  return Object.entries(values)
    .filter(([name]) => !isAuthority(name) && !name.startsWith(':'))
    .map(([name, value]) => ({ op, name: name.toLowerCase(), value }))
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

function withoutHeader(headers: string[], name: string): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== name) kept.push(headers[index] ?? '', headers[index + 1] ?? '')
  }
  return kept
}
