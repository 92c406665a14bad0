import { Reader } from '../../../api/protobuf/wire.ts'
import type { QueryChange } from './consent.ts'
import type { FieldChange } from './field-change.ts'

/*
 * CheckResponse of envoy.service.auth.v3 (envoyproxy/envoy api/envoy/service/auth/v3/external_auth.proto), in the fields
 * that decide something.
 */

export interface CheckResponse {
  /** Of gRPC; 0 allows. */
  readonly code: number
  readonly denied: DeniedResponse | undefined
  readonly allowed: AllowedResponse | undefined
}

interface DeniedResponse {
  /** 0: not said. */
  readonly status: number
  readonly headers: readonly FieldChange[]
  readonly body: Buffer
}

interface AllowedResponse {
  readonly request: readonly FieldChange[]
  readonly queryChange: QueryChange | undefined
  readonly response: readonly FieldChange[]
}

const EMPTY: Buffer = Buffer.alloc(0)

/** Throws a `ProtobufError` for bytes that are no such message. */
export function readCheckResponse(bytes: Buffer): CheckResponse {
  let code = 0
  let denied: DeniedResponse | undefined
  let allowed: AllowedResponse | undefined
  eachField(new Reader(bytes), 'CheckResponse', {
    1: (reader) => (code = numberIn(reader.message(), 'Status')),
    2: (reader) => (denied = deniedIn(reader.message())),
    3: (reader) => (allowed = allowedIn(reader.message())),
  })
  return { code, denied, allowed }
}

function deniedIn(message: Reader): DeniedResponse {
  let status = 0
  let body: Buffer = EMPTY
  const headers: HeaderOption[] = []
  eachField(message, 'DeniedHttpResponse', {
    1: (reader) => (status = numberIn(reader.message(), 'HttpStatus')),
    2: (reader) => headers.push(headerOption(reader.message())),
    3: (reader) => (body = reader.bytes()),
  })
  return { status, body, headers: headers.map((option) => changeOf(option, option.append === true ? 'add' : 'set')) }
}

function allowedIn(message: Reader): AllowedResponse {
  const request: FieldChange[] = []
  const removed: FieldChange[] = []
  const response: FieldChange[] = []
  const set: (readonly [string, string])[] = []
  const removedParameters: string[] = []
  eachField(message, 'OkHttpResponse', {
    2: (reader) => request.push(requestChange(headerOption(reader.message()))),
    5: (reader) => removed.push({ op: 'remove', name: reader.string().toLowerCase() }),
    6: (reader) => response.push(responseChange(headerOption(reader.message()))),
    7: (reader) => set.push(pairIn(reader.message(), 'QueryParameter')),
    8: (reader) => removedParameters.push(reader.string()),
  })
  const isQueryChanged = set.length > 0 || removedParameters.length > 0
  return {
    request: [...request, ...removed],
    response,
    queryChange: isQueryChanged ? { set, removed: removedParameters } : undefined,
  }
}

/** Unsaid, a header of the request takes the place of what is there. */
function requestChange(option: HeaderOption): FieldChange {
  if (option.append !== undefined) return changeOf(option, option.append ? 'append' : 'set')
  return changeOf(option, ACTIONS[option.action] ?? 'set')
}

/** Unsaid, a header of the answer comes beside what is there. */
function responseChange(option: HeaderOption): FieldChange {
  if (option.append !== undefined) return changeOf(option, option.append ? 'add' : 'set')
  return changeOf(option, ACTIONS[option.action] ?? 'add')
}

type ChangeWithValue = Exclude<FieldChange, { readonly op: 'remove' }>

/** HeaderValueOption.HeaderAppendAction by number; 0 is what nobody has said. */
const ACTIONS: Readonly<Record<number, ChangeWithValue['op']>> = { 1: 'add-if-absent', 2: 'set', 3: 'set-if-present' }

function changeOf({ name, value }: HeaderOption, op: ChangeWithValue['op']): FieldChange {
  return { op, name, value }
}

/** envoy.config.core.v3.HeaderValueOption. */
interface HeaderOption {
  readonly name: string
  readonly value: string
  /** What came before `action`; where it is said it counts. */
  readonly append: boolean | undefined
  readonly action: number
}

function headerOption(message: Reader): HeaderOption {
  let pair: readonly [string, string] = ['', '']
  let append: boolean | undefined
  let action = 0
  eachField(message, 'HeaderValueOption', {
    1: (reader) => (pair = pairIn(reader.message(), 'HeaderValue')),
    2: (reader) => (append = numberIn(reader.message(), 'BoolValue') !== 0),
    3: (reader) => (action = reader.int32()),
  })
  const [name, value] = pair
  return { name: name.toLowerCase(), value, append, action }
}

/** Of a HeaderValue or QueryParameter: both begin with a name and a value. */
function pairIn(message: Reader, type: string): readonly [name: string, value: string] {
  let name = ''
  let value = ''
  eachField(message, type, {
    1: (reader) => (name = reader.string()),
    2: (reader) => (value = reader.string()),
    // HeaderValue.raw_value
    3: (reader) => (value = reader.bytes().toString('latin1')),
  })
  return [name, value]
}

/** The first field, of messages that are asked for nothing else. */
function numberIn(message: Reader, type: string): number {
  let found = 0
  eachField(message, type, { 1: (reader) => (found = reader.int32()) })
  return found
}

/** Fields that nobody asks for are passed over. */
function eachField(reader: Reader, type: string, fields: Readonly<Record<number, (reader: Reader) => unknown>>): void {
  while (!reader.done) {
    const tag = reader.tag(type)
    const read = fields[tag >>> 3]
    if (read === undefined) reader.skip(tag)
    else read(reader)
  }
}
