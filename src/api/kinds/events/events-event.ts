import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Event as CoreEvent, EventsEvent as EventsEventObject } from '../../types.generated.ts'
import { EVENT_COLUMNS } from '../core/event-columns.ts'
import { EVENT_FIELDS } from '../core/event-fields.ts'
import { Event } from '../core/event.ts'
import { validateNewEvent, validateNewEventUpdate } from '../core/validate-event.ts'
import { eventFromCore, eventToCore } from './convert-event.ts'

export type EventsEvent = EventsEventObject

/** What the fields of a field selector are called here: pkg/apis/events/v1/conversion.go AddFieldLabelConversionsForEvent. */
const FIELD_NAMES: ReadonlyMap<string, string> = new Map([
  ['reason', 'reason'],
  ['reportingComponent', 'reportingController'],
  ['type', 'type'],
])

/** The same objects as core Events, under newer names and stricter rules. */
export const EventsEvent: Kind<EventsEvent> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  shortNames: ['ev'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.events.v1.Event'),

  createOnUpdate: true,
  validate: (event, old) =>
    old === undefined
      ? validateNewEvent(eventToCore(event))
      : validateNewEventUpdate(eventToCore(event), eventToCore(old)),
  columns: EVENT_COLUMNS.map((column) => ({
    ...column,
    cell: (event, nowMs) => column.cell(eventToCore(event), nowMs),
  })),
  selectableFields: EVENT_FIELDS.flatMap(({ path, value }) => {
    const name = path.startsWith('involvedObject.')
      ? path.replace('involvedObject', 'regarding')
      : FIELD_NAMES.get(path)
    return name === undefined ? [] : [{ path: name, value: (event: EventsEvent) => value(eventToCore(event)) }]
  }),

  storedAs: {
    kind: Event as unknown as Kind,
    encode: (event): ApiObject => eventToCore(event),
    decode: (stored) => eventFromCore(stored as CoreEvent),
  },
}
