import { ageColumn } from '../../api/columns/common-columns.ts'
import { apiVersionOf, type Column, type Kind } from '../../api/kind.ts'
import type { ApiObject, ListMeta, ObjectList } from '../../api/object.ts'
import { isList } from './json.ts'

/** What a row carries beside its cells: `includeObject` of the query. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly version: string
  readonly includeObject: IncludeObject
  readonly now: number
  /** False for all but the first event of a watch: columns are announced once. */
  readonly withColumns?: boolean
}

/** Columns for kinds that name none (k8s.io/apiserver pkg/registry/rest/table.go). */
const PLAIN_COLUMNS: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', cell: (object) => object.metadata.name },
  { name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp ?? '' },
]

type Scale = ApiObject & { readonly spec?: { replicas?: number }; readonly status?: { replicas?: number } }

/** k8s.io/kubernetes pkg/printers/internalversion/printers.go: scaleColumnDefinitions */
const SCALE_COLUMNS: readonly Column[] = [
  { name: 'Name', cell: (scale) => scale.metadata.name },
  { name: 'Desired', type: 'integer', cell: (scale: Scale) => scale.spec?.replicas ?? 0 },
  { name: 'Available', type: 'integer', cell: (scale: Scale) => scale.status?.replicas ?? 0 },
  ageColumn(),
]

/** An object or a list as a `Table`: what `kubectl get` prints. Of a subresource it is what that answers with. */
export function tableOf(kind: Kind, value: ApiObject | ObjectList, options: TableOptions): object {
  const columns = value.kind === 'Scale' ? SCALE_COLUMNS : (kind.columns ?? PLAIN_COLUMNS)
  const items = isList(value) ? value.items : [value as ApiObject]
  const metadata: ListMeta = isList(value)
    ? value.metadata
    : value.metadata.resourceVersion === undefined
      ? {}
      : { resourceVersion: value.metadata.resourceVersion }
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata,
    columnDefinitions: options.withColumns === false ? null : columns.map(definitionOf),
    rows: items.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.now)),
      object: rowObject(object, options),
    })),
  }
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type: type ?? 'string', format: format ?? '', description: description ?? '', priority: priority ?? 0 }
}

function rowObject(object: ApiObject, { includeObject, version }: TableOptions): object | null {
  if (includeObject === 'None') return null
  return includeObject === 'Object' ? object : metadataOf(object, version)
}

/** `PartialObjectMetadata`: what clients that only need names and labels ask for. */
export function metadataOf(object: ApiObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}

export function metadataListOf(list: ObjectList, version: string): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: list.metadata,
    items: list.items.map((item) => metadataOf(item, version)),
  }
}

/** Kept here so that tables, lists and events name a kind alike. */
export function listKindOf(kind: Kind): { kind: string; apiVersion: string } {
  return { kind: kind.listKind ?? `${kind.kind}List`, apiVersion: apiVersionOf(kind) }
}
