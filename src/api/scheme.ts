import { apiVersionOf, type Kind } from './kind.ts'

type SchemeListener = (change: { readonly type: 'added' | 'removed'; readonly kind: Kind }) => void

/** Which kinds there are. Custom kinds come and go while the server runs. */
export class Scheme {
  readonly #byKind = new Map<string, Kind>()
  readonly #byResource = new Map<string, Kind>()
  readonly #listeners = new Set<SchemeListener>()
  #revision = 0

  /** Grows with every change: what is derived from the scheme (discovery, OpenAPI) is cached by it. */
  get revision(): number {
    return this.#revision
  }

  /** Adds a kind, or replaces the one of the same group, version and plural. */
  add(kind: Kind): void {
    const resource = resourceKey(kind.group, kind.version, kind.plural)
    const replaced = this.#byResource.get(resource)
    if (replaced !== undefined) this.#byKind.delete(kindKey(apiVersionOf(replaced), replaced.kind))
    this.#byResource.set(resource, kind)
    this.#byKind.set(kindKey(apiVersionOf(kind), kind.kind), kind)
    this.#changed({ type: 'added', kind })
  }

  remove(kind: Kind): void {
    this.#byResource.delete(resourceKey(kind.group, kind.version, kind.plural))
    this.#byKind.delete(kindKey(apiVersionOf(kind), kind.kind))
    this.#changed({ type: 'removed', kind })
  }

  /** By what an object says of itself. */
  byKind(apiVersion: string, kind: string): Kind | undefined {
    return this.#byKind.get(kindKey(apiVersion, kind))
  }

  /** By what a path says. */
  byResource(group: string, version: string, plural: string): Kind | undefined {
    return this.#byResource.get(resourceKey(group, version, plural))
  }

  /** Every version of a resource. */
  versionsOf(group: string, plural: string): readonly Kind[] {
    return this.kinds().filter((kind) => kind.group === group && kind.plural === plural)
  }

  /** In the order in which they were added. */
  kinds(): readonly Kind[] {
    return [...this.#byResource.values()]
  }

  onChange(listener: SchemeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(change: Parameters<SchemeListener>[0]): void {
    this.#revision++
    for (const listener of this.#listeners) listener(change)
  }
}

function resourceKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`
}

function kindKey(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`
}
