import type { ApiObject, Key } from '../api/object.ts'

/**
 * The present objects of one resource, by namespace and name.
 *
 *   namespaces:  "bazaar" -> { "cart" -> object, "web" -> object }    sorted: [cart, web], built when listed
 *                ""       -> cluster-scoped objects
 */
export class ResourceTable {
  readonly #namespaces = new Map<string, NamespaceTable>()
  #size = 0
  /** The whole table in key order; dropped by the next write. */
  #sorted: readonly ApiObject[] | undefined

  get size(): number {
    return this.#size
  }

  get(key: Key): ApiObject | undefined {
    return this.#namespaces.get(key.namespace ?? '')?.objects.get(key.name)
  }

  set(key: Key, object: ApiObject): void {
    const namespace = key.namespace ?? ''
    let table = this.#namespaces.get(namespace)
    if (table === undefined) this.#namespaces.set(namespace, (table = { objects: new Map(), sorted: undefined }))
    const before = table.objects.size
    table.objects.set(key.name, object)
    this.#size += table.objects.size - before
    table.sorted = undefined
    this.#sorted = undefined
  }

  delete(key: Key): void {
    const table = this.#namespaces.get(key.namespace ?? '')
    if (table === undefined || !table.objects.delete(key.name)) return
    this.#size--
    table.sorted = undefined
    this.#sorted = undefined
    if (table.objects.size === 0) this.#namespaces.delete(key.namespace ?? '')
  }

  list(namespace?: string): readonly ApiObject[] {
    if (namespace !== undefined) return sortedOf(this.#namespaces.get(namespace))
    if (this.#sorted === undefined) {
      const names = [...this.#namespaces.keys()].sort(byCodeUnits)
      this.#sorted = names.flatMap((name) => sortedOf(this.#namespaces.get(name)))
    }
    return this.#sorted
  }
}

interface NamespaceTable {
  readonly objects: Map<string, ApiObject>
  sorted: readonly ApiObject[] | undefined
}

function sortedOf(table: NamespaceTable | undefined): readonly ApiObject[] {
  if (table === undefined) return NONE
  table.sorted ??= [...table.objects.values()].sort((a, b) => byCodeUnits(a.metadata.name, b.metadata.name))
  return table.sorted
}

const NONE: readonly ApiObject[] = []

/** The order of keys in etcd, which is the order of lists: by bytes, not by a language's rules. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
