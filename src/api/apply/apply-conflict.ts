import { pathsOf } from './field-set.ts'
import type { Managers } from './managers.ts'
import { printPath } from './path-element.ts'

/** A field that an apply would take from another manager. */
export interface Conflict {
  readonly manager: string
  readonly path: readonly string[]
}

/** An apply was not forced, and others own what it wants to set. */
export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict'
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: readonly Conflict[]) {
    super(describeConflicts(conflicts, (manager) => JSON.stringify(manager)))
    this.conflicts = conflicts
  }

  static of(managers: Managers): ApplyConflict {
    const conflicts = [...managers].flatMap(([manager, { set }]) =>
      [...pathsOf(set)].map((path) => ({ manager, path })),
    )
    return new ApplyConflict(conflicts)
  }
}

/** One conflict in a line; several as a list for each manager. `print` names a manager. */
export function describeConflicts(conflicts: readonly Conflict[], print: (manager: string) => string): string {
  const [only] = conflicts
  if (only !== undefined && conflicts.length === 1) {
    return `conflict with ${print(only.manager)}: ${printPath(only.path)}`
  }
  const lines: string[] = []
  for (const manager of [...new Set(conflicts.map((conflict) => conflict.manager))].toSorted()) {
    lines.push(`conflicts with ${print(manager)}:`)
    for (const conflict of conflicts) if (conflict.manager === manager) lines.push(`- ${printPath(conflict.path)}`)
  }
  return lines.join('\n')
}
