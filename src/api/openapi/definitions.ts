import type { Kind } from '../kind.ts'
import { META } from '../schema/builtin-groups.ts'
import { builtinDefinition } from '../schema/builtin-table.ts'
import { builtinDefinitionBody } from './builtin-definition.ts'
import { customDefinitionBody, customListBody } from './custom-definition.ts'
import type { Descriptions, OpenApiVersion, PublishedDefinition } from './definition.ts'
import { listDefinitionOf, rootDefinitionOf } from './definition-names.ts'

const DELETE_OPTIONS = `${META}.DeleteOptions`

/** The definitions of one version of OpenAPI. What is built in is written once, for all documents. */
export class Definitions {
  readonly #version: OpenApiVersion
  readonly #descriptions: Descriptions | undefined
  readonly #builtin = new Map<string, PublishedDefinition>()

  constructor(version: OpenApiVersion, descriptions: Descriptions | undefined) {
    this.#version = version
    this.#descriptions = descriptions
  }

  /** Those named and all that they refer to, in the order of their names. `kinds` are all that the server has. */
  reachable(names: Iterable<string>, kinds: readonly Kind[]): Record<string, object> {
    const custom = customKinds(kinds)
    const found = new Map<string, object>()
    const pending = [...names]
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (found.has(name)) continue
      const { body, refers } = this.#publish(name, custom)
      found.set(
        name,
        name === DELETE_OPTIONS ? { ...body, 'x-kubernetes-group-version-kind': optionKinds(kinds) } : body,
      )
      pending.push(...refers)
    }
    return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #publish(name: string, custom: ReadonlyMap<string, () => Kind>): PublishedDefinition {
    const known = this.#builtin.get(name)
    if (known !== undefined) return known
    const writer = { version: this.#version, descriptions: this.#descriptions }
    const kind = custom.get(name)?.()
    if (kind !== undefined) {
      const isRoot = rootDefinitionOf(kind) === name
      return isRoot ? customDefinitionBody(kind, writer) : customListBody(kind, writer)
    }
    const published = builtinDefinitionBody(name, writer)
    this.#builtin.set(name, published)
    return published
  }
}

/** Those that bring their own schemas: of custom resources, and of APIs that upstream has in servers of their own. */
function customKinds(kinds: readonly Kind[]): ReadonlyMap<string, () => Kind> {
  const custom = kinds.filter((kind) => kind.custom === true || builtinDefinition(kind) === undefined)
  return new Map(
    custom.flatMap((kind) => [
      [rootDefinitionOf(kind), () => kind],
      [listDefinitionOf(kind), () => kind],
    ]),
  )
}

/** Every built-in group and version knows DeleteOptions as its own. */
function optionKinds(kinds: readonly Kind[]): object[] {
  const builtin = kinds.filter((kind) => kind.custom !== true)
  const versions = new Map(builtin.map(({ group, version }) => [`${group}/${version}`, { group, version }]))
  return [...versions].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, of]) => ({ ...of, kind: 'DeleteOptions' }))
}
