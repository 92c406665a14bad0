import type { ApiObject } from '../../api/object.ts'
import type { Manifest } from '../up/manifests.ts'

/** Where something is written: a line of a file, or a field of an object in a cluster. */
export interface Place {
  /** As in `VirtualService shop/cart`. */
  readonly object: string
  /** As in `spec.http[2].match[0]`. */
  readonly field?: string
  readonly file?: string
  readonly line?: number
  /** True of what nobody wrote, and was taken for granted. */
  readonly assumed?: boolean
}

export type FieldPath = readonly (string | number)[]

/** Finds the lines of objects that came from files. */
export class Places {
  readonly #manifests: ReadonlyMap<ApiObject, Manifest>
  readonly #assumed: ReadonlySet<ApiObject>

  constructor(manifests: ReadonlyMap<ApiObject, Manifest>, assumed: ReadonlySet<ApiObject>) {
    this.#manifests = manifests
    this.#assumed = assumed
  }

  of(object: ApiObject, path: FieldPath = []): Place {
    const manifest = this.#manifests.get(object)
    return {
      object: titleOf(object),
      ...(path.length > 0 && { field: fieldText(path) }),
      ...(manifest && { file: manifest.file, line: manifest.lineOf(path) }),
      ...(this.#assumed.has(object) && { assumed: true }),
    }
  }

  isAssumed(object: ApiObject): boolean {
    return this.#assumed.has(object)
  }
}

export function titleOf({ kind, metadata }: ApiObject): string {
  return `${kind} ${metadata.namespace ?? 'default'}/${metadata.name}`
}

/** `file:line` where there is a file, as editors and terminals make a link of it. */
export function placeText({ file, line, field, assumed }: Place): string {
  if (assumed === true) return 'assumed'
  if (file !== undefined) return `${file}:${line ?? 1}`
  return field ?? ''
}

function fieldText(path: FieldPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}
