import type { HeaderChange } from '../route/headers.ts'
import { type LogFormat, LogFormatError, textFormat } from '../telemetry/access-log/log-format.ts'
import { outboundRecord } from './outbound-record.ts'
import type { OutboundState } from './outbound-state.ts'
import type { Ended } from './steps.ts'

const NOT_ENDED: Ended = { how: 'complete', requestBytes: 0, responseBytes: 0 }

const FORMATS = new WeakMap<HeaderChange, LogFormat>()

/**
 * Changes with what their values speak of: `%REQ(X-ID)%` and the other commands of access logs, as far as they are known by
 * then. What there is not is nothing, and a header that comes to nothing is not written. The same list without commands.
 */
export function writtenChanges(
  changes: readonly HeaderChange[],
  exchange: OutboundState,
  now: number,
): readonly HeaderChange[] {
  if (!changes.some(hasVariables)) return changes
  const record = outboundRecord(exchange, NOT_ENDED, now)
  return changes.flatMap((change) => {
    if (!hasVariables(change)) return change
    const value = formatOf(change)(record)
    return value === '' ? [] : { op: change.op, name: change.name, value }
  })
}

type Written = Extract<HeaderChange, { readonly value: string }>

function hasVariables(change: HeaderChange): change is Written {
  return change.op !== 'remove' && change.hasVariables === true
}

function formatOf(change: Written): LogFormat {
  const known = FORMATS.get(change)
  if (known !== undefined) return known
  const made = compiled(change.value)
  FORMATS.set(change, made)
  return made
}

/** A command that nobody knows would make Envoy refuse the route; here it is a text. */
function compiled(value: string): LogFormat {
  try {
    return textFormat(value, { omitEmptyValues: true })
  } catch (error) {
    if (error instanceof LogFormatError) return () => value
    throw error
  }
}
