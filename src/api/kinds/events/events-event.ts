import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { EventsEvent as EventsEventObject } from '../../types.generated.ts'

export type EventsEvent = EventsEventObject

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
}
