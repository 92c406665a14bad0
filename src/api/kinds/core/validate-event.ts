import type { Cause } from '../../errors.ts'
import { invalidValue, required } from '../../errors.ts'
import { validateDns1123Subdomain } from '../../names/dns.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import type { Event } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'

/** pkg/apis/core/validation/events.go. */
const LENGTHS_MAX = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const

/** legacyValidateEvent: all that core/v1 asks of an event. One with an `eventTime` is of the newer sort. */
export function* validateEvent(event: Event): Generator<Cause> {
  const { metadata, involvedObject, eventTime } = event
  const { namespace = '' } = metadata
  const about = involvedObject.namespace ?? ''
  const isNew = eventTime !== undefined && eventTime !== null && eventTime !== ''
  const homes = about !== '' ? [about] : ['default', isNew ? 'kube-system' : '']
  if ((!isNew || about === '') && !homes.includes(namespace)) {
    yield invalidValue('involvedObject.namespace', about, 'does not match event.namespace')
  }
  if (isNew) yield* validateNewFields(event)
  yield* invalidFor('namespace', namespace, validateDns1123Subdomain(namespace))
}

/** ValidateEventCreate as events.k8s.io/v1 has it: the fields of the older sort must be unset. */
export function* validateNewEvent(event: Event): Generator<Cause> {
  yield* validateEvent(event)
  yield* validateObjectMeta(event.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateSeries(event)
  const { eventTime = '', type = '', source, count = 0 } = event
  if (eventTime === '') yield required('eventTime', '')
  if (type !== 'Normal' && type !== 'Warning') yield invalidValue('type', '', `has invalid value: ${type}`)
  for (const name of ['firstTimestamp', 'lastTimestamp'] as const) {
    if ((event[name] ?? '') !== '') yield invalidValue(name, '', 'needs to be unset')
  }
  if (count !== 0) yield invalidValue('count', '', 'needs to be unset')
  if ((source?.component ?? '') !== '' || (source?.host ?? '') !== '') {
    yield invalidValue('source', '', 'needs to be unset')
  }
}

/** By their names inside of upstream, which its messages show. */
const IMMUTABLE: readonly (readonly [keyof Event, string])[] = [
  ['involvedObject', 'involvedObject'],
  ['reason', 'reason'],
  ['message', 'message'],
  ['source', 'source'],
  ['firstTimestamp', 'firstTimestamp'],
  ['lastTimestamp', 'lastTimestamp'],
  ['count', 'count'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingComponent', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
]

/** ValidateEventUpdate as events.k8s.io/v1 has it: only the series goes on. */
export function* validateNewEventUpdate(event: Event, old: Event): Generator<Cause> {
  yield* validateEvent(event)
  yield* validateObjectMetaUpdate(event.metadata, old.metadata)
  if (!semanticEqual(event.series, old.series)) yield* validateSeries(event)
  for (const [name, field] of IMMUTABLE) yield* validateImmutable(event[name], old[name], field)
}

function* validateNewFields(event: Event): Generator<Cause> {
  const { reportingComponent: controller = '', reportingInstance = '', action = '', reason = '', message = '' } = event
  if (controller === '') yield required('reportingController', '')
  yield* invalidFor('reportingController', controller, validateQualifiedName(controller))
  const texts = { reportingInstance, action, reason, message }
  for (const name of ['reportingInstance', 'action', 'reason', 'message'] as const) {
    const lengthMax = LENGTHS_MAX[name]
    if (texts[name] === '' && name !== 'message') yield required(name, '')
    if (Buffer.byteLength(texts[name]) > lengthMax) {
      yield invalidValue(name, '', `can have at most ${lengthMax} characters`)
    }
  }
}

function* validateSeries({ series }: Event): Generator<Cause> {
  if (series === undefined) return
  if ((series.count ?? 0) < 2) yield invalidValue('series.count', '', 'should be at least 2')
  if ((series.lastObservedTime ?? '') === '') yield required('series.lastObservedTime', '')
}
