import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinObjects } from '../../../../test/support/builtin-objects.ts'
import { refusals, row } from '../../../../test/support/problems.ts'
import type { EventsEvent as EventObject } from '../../types.generated.ts'
import { eventFromCore, eventToCore } from './convert-event.ts'
import { EventsEvent } from './events-event.ts'

const EVENT: EventsEvent = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'web.1', namespace: 'shop' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  regarding: { kind: 'Pod', name: 'web', namespace: 'shop' },
  reason: 'Started',
  action: 'Start',
  note: 'Started container',
  type: 'Normal',
  reportingController: 'kubelet',
  reportingInstance: 'node-1',
}

describe('an event of events.k8s.io', () => {
  test('is a core Event under other names', () => {
    expect(eventToCore(EVENT)).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { kind: 'Pod', name: 'web' },
      message: 'Started container',
      reportingComponent: 'kubelet',
    })
  })

  test('comes back as it was stored', () => {
    fc.assert(
      fc.property(builtinObjects('io.k8s.api.events.v1.Event'), (fields) => {
        const event = { ...fields, apiVersion: 'events.k8s.io/v1', kind: 'Event' } as unknown as EventObject
        expect(eventFromCore(eventToCore(event))).toEqual(event)
      }),
      { numRuns: 50 },
    )
  })

  test('is held to the newer rules', () => {
    expect(refusals(EventsEvent, EVENT)).toEqual([])
    expect(
      refusals(EventsEvent, { ...EVENT, type: 'Odd', deprecatedCount: 2, series: { count: 1, lastObservedTime: '' } }),
    ).toEqual([
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
      'type: Invalid value: "": has invalid value: Odd',
      'count: Invalid value: "": needs to be unset',
    ])
  })

  test('prints as a core Event does', () => {
    expect(row(EventsEvent, EVENT, Date.parse('2026-01-01T00:00:09Z'))).toMatchObject({
      Object: 'pod/web',
      Message: 'Started container',
    })
  })

  test('is found by what it regards', () => {
    const field = EventsEvent.selectableFields?.find(({ path }) => path === 'regarding.name')
    expect(field?.value(EVENT)).toBe('web')
    expect(EventsEvent.selectableFields?.map(({ path }) => path)).not.toContain('source')
  })
})
