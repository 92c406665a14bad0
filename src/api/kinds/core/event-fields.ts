import type { SelectableField } from '../../kind.ts'
import type { Event, ObjectReference } from '../../types.generated.ts'

const OBJECT_FIELDS = [
  'kind',
  'namespace',
  'name',
  'uid',
  'apiVersion',
  'resourceVersion',
  'fieldPath',
] as const satisfies readonly (keyof ObjectReference)[]

/** pkg/registry/core/event/strategy.go ToSelectableFields. */
export const EVENT_FIELDS: readonly SelectableField<Event>[] = [
  ...OBJECT_FIELDS.map((name) => ({
    path: `involvedObject.${name}`,
    value: ({ involvedObject }: Event) => involvedObject[name] ?? '',
  })),
  { path: 'reason', value: ({ reason }) => reason ?? '' },
  { path: 'reportingComponent', value: ({ reportingComponent }) => reportingComponent ?? '' },
  { path: 'source', value: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? '') },
  { path: 'type', value: ({ type }) => type ?? '' },
]
