import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Event as EventObject } from '../../types.generated.ts'
import { EVENT_COLUMNS } from './event-columns.ts'
import { EVENT_FIELDS } from './event-fields.ts'
import { validateEvent } from './validate-event.ts'

export type Event = EventObject

export const Event: Kind<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  shortNames: ['ev'],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.core.v1.Event'),

  validate: (event) => validateEvent(event),
  createOnUpdate: true,
  columns: EVENT_COLUMNS,
  selectableFields: EVENT_FIELDS,
}
