import { Chains, type Link } from './chain.ts'
import { isEmptySet, NO_FIELDS, uniteNodes, withoutSelf, type FieldSet } from './field-set.ts'
import { intern } from './field-set-text.ts'

/** What led from one object to another. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet
  readonly modified: FieldSet
  readonly added: FieldSet
}

/**
 * What led from one value to another, as the nodes that stand for them in the sets: `NO_FIELDS` for the value itself,
 * absent for nothing. Changes that touch the same fields are one delta, so that what follows from one is known for all.
 */
export class Delta {
  readonly removed: FieldSet | undefined
  readonly modified: FieldSet | undefined
  readonly added: FieldSet | undefined
  #comparison: Comparison | undefined

  constructor({ removed, modified, added }: Partial<Comparison>) {
    this.removed = removed
    this.modified = modified
    this.added = added
  }

  /** The same for a whole object, which itself is never in a set. */
  get comparison(): Comparison {
    return (this.#comparison ??= {
      removed: rootOf(this.removed),
      modified: rootOf(this.modified),
      added: rootOf(this.added),
    })
  }
}

/** The value is another one, and of the same kind. */
export const MODIFIED = new Delta({ modified: NO_FIELDS })

/** A value came whose node is `node`. */
export function added(node: FieldSet): Delta {
  return remembered(additions, node, () => new Delta({ added: node }))
}

/** A value went whose node was `node`. */
export function removed(node: FieldSet): Delta {
  return remembered(removals, node, () => new Delta({ removed: node }))
}

/** Both at once, of the same value. */
export function both(left: Delta | undefined, right: Delta | undefined): Delta | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return new Delta({
    ...unitedAs('removed', left, right),
    ...unitedAs('modified', left, right),
    ...unitedAs('added', left, right),
  })
}

/** The start of the changes below a value: a step for each field or item that differs. */
export function noChange(): ChangeLink {
  return changes.start()
}

export type ChangeLink = Link<Delta, Delta>

const LINKS_MAX = 20_000
const NODES_MAX = 20_000

const changes = new Chains<Delta, Delta>({
  linksMax: LINKS_MAX,
  make: (links) => new Delta({ ...nodeOf(links, 'removed'), ...nodeOf(links, 'modified'), ...nodeOf(links, 'added') }),
})
const additions = new Map<FieldSet, Delta>()
const removals = new Map<FieldSet, Delta>()

function nodeOf(links: readonly ChangeLink[], which: keyof Comparison): Partial<Comparison> {
  const node: Record<string, FieldSet> = {}
  for (const { element, child } of links) {
    const inner = child?.[which]
    if (inner !== undefined) node[element] = inner
  }
  return isEmptySet(node) ? {} : { [which]: intern(node) }
}

function unitedAs(which: keyof Comparison, left: Delta, right: Delta): Partial<Comparison> {
  const [one, other] = [left[which], right[which]]
  if (one === undefined || other === undefined) return one === other ? {} : { [which]: one ?? other }
  return { [which]: intern(uniteNodes(one, other)) }
}

function rootOf(node: FieldSet | undefined): FieldSet {
  return node === undefined ? NO_FIELDS : intern(withoutSelf(node))
}

function remembered(memory: Map<FieldSet, Delta>, node: FieldSet, make: () => Delta): Delta {
  const known = memory.get(node)
  if (known !== undefined) return known
  if (memory.size >= NODES_MAX) memory.clear()
  const delta = make()
  memory.set(node, delta)
  return delta
}
