import type { Cause } from '../../errors.ts'
import { validatePortName, validatePortNumber } from '../../names/words.ts'
import type { IntOrString } from '../../int-or-string.ts'
import { notSupported, required } from '../../errors.ts'
import { invalidFor } from './causes.ts'

const PROTOCOLS = ['SCTP', 'TCP', 'UDP']

/** A port of a container by its number or its name. */
export function* validatePortNumberOrName(port: IntOrString, field: string): Generator<Cause> {
  yield* invalidFor(field, port, typeof port === 'number' ? validatePortNumber(port) : validatePortName(port))
}

export function* validateProtocol(protocol: string | undefined, field: string): Generator<Cause> {
  if (protocol === undefined || protocol === '') yield required(field, '')
  else if (!PROTOCOLS.includes(protocol)) yield notSupported(field, protocol, PROTOCOLS)
}
