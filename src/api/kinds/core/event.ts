import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { Event as EventObject } from '../../types.generated.ts'

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
}
