import { printAge } from '../../columns/human-duration.ts'
import type { Column } from '../../kind.ts'
import type { Event } from '../../types.generated.ts'

/** pkg/printers/internalversion/printers.go printEvent. An event's name says nothing to people; it comes last. */
export const EVENT_COLUMNS: readonly Column<Event>[] = [
  {
    name: 'Last Seen',
    type: 'string',
    description: 'The time at which the most recent occurrence of this event was recorded.',
    cell: (event, nowMs) => printAge(event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event), nowMs),
  },
  {
    name: 'Type',
    type: 'string',
    description: 'Type of this event (Normal, Warning), new types could be added in the future',
    cell: ({ type }) => type ?? '',
  },
  {
    name: 'Reason',
    type: 'string',
    description:
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    cell: ({ reason }) => reason ?? '',
  },
  { name: 'Object', type: 'string', description: 'The object that this event is about.', cell: printObject },
  {
    name: 'Subobject',
    type: 'string',
    priority: 1,
    description: 'If referring to a piece of an object instead of an entire object, this string says which piece.',
    cell: ({ involvedObject }) => involvedObject.fieldPath ?? '',
  },
  {
    name: 'Source',
    type: 'string',
    priority: 1,
    description: 'The component reporting this event.',
    cell: printSource,
  },
  {
    name: 'Message',
    type: 'string',
    description: 'A human-readable description of the status of this operation.',
    cell: ({ message }) => (message ?? '').trim(),
  },
  {
    name: 'First Seen',
    type: 'string',
    priority: 1,
    description: 'The time at which the event was first recorded.',
    cell: (event, nowMs) => printAge(firstSeen(event), nowMs),
  },
  {
    name: 'Count',
    type: 'string',
    priority: 1,
    description: 'The number of times this event has occurred.',
    cell: ({ series, count }) => series?.count ?? (count || 1),
  },
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    priority: 1,
    description: 'Name must be unique within a namespace.',
    cell: ({ metadata }) => metadata.name,
  },
]

function firstSeen({ firstTimestamp, eventTime }: Event): string | null | undefined {
  return firstTimestamp ?? eventTime
}

function printObject({ involvedObject: { kind = '', name = '' } }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
}

function printSource({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || (reportingComponent ?? '')
  const instance = source?.host || (reportingInstance ?? '')
  return instance === '' ? component : `${component}, ${instance}`
}
