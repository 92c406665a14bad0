/**
 * Failures that go on the wire, in Kubernetes' own words. Clients switch on `reason` and match messages: never reword.
 * Source of the words: k8s.io/apimachinery pkg/api/errors/errors.go and pkg/util/validation/field/errors.go.
 */

/** One reason why an object is invalid: `details.causes[]` of a Status. */
export interface Cause {
  readonly reason: CauseReason
  readonly message: string
  readonly field: string
}

export type CauseReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError'
  | 'FieldManagerConflict'
  | 'UnexpectedServerResponse'
  | 'ResourceVersionTooLarge'
  | 'DisruptionBudget'
  | 'NamespaceTerminating'

/** A Kubernetes `Status`, as it stands in a response body. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: Readonly<Record<string, unknown>>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly Partial<Cause>[]
  readonly retryAfterSeconds?: number
}

/** Thrown anywhere below the API's surface; answered as `status` with its `code`. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined
  readonly continueToken: string | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails, continueToken?: string) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
    this.continueToken = continueToken
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** `group` and `resource` of what a Status is about; a resource prints as `deployments.apps`. */
export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export function printGroupResource({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

function detailsOf({ group, resource }: GroupResource, name?: string): StatusDetails {
  return {
    ...(name === undefined || name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  }
}

export function notFound(what: GroupResource, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${printGroupResource(what)} "${name}" not found`, detailsOf(what, name))
}

export function alreadyExists(what: GroupResource, name: string): StatusError {
  const message = `${printGroupResource(what)} "${name}" already exists`
  return new StatusError(409, 'AlreadyExists', message, detailsOf(what, name))
}

/** `why` as upstream, e.g. "the object has been modified; please apply your changes to the latest version and try again". */
export function conflict(what: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${printGroupResource(what)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, detailsOf(what, name))
}

export function objectModified(what: GroupResource, name: string): StatusError {
  return conflict(
    what,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

export function forbidden(what: GroupResource, name: string, why: string): StatusError {
  const message =
    name === ''
      ? `${printGroupResource(what)} is forbidden: ${why}`
      : `${printGroupResource(what)} "${name}" is forbidden: ${why}`
  return new StatusError(403, 'Forbidden', message, detailsOf(what, name))
}

/**
 * `group` and `kind` name a Kind here, not a resource: `Deployment.apps "web" is invalid: …`. The message tells equal
 * causes once.
 */
export function invalid(group: string, kind: string, name: string, causes: readonly Cause[]): StatusError {
  const parts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))]
  const list = parts.length === 1 ? (parts[0] ?? '') : `[${parts.join(', ')}]`
  const printedKind = group === '' ? kind : `${kind}.${group}`
  const message = `${printedKind} "${name}" is invalid${list === '' ? '' : `: ${list}`}`
  return new StatusError(422, 'Invalid', message, { ...detailsOf({ group, resource: kind }, name), causes })
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}

/** The revision asked for is older than the history that is kept. `continueToken` lets a list go on inconsistently. */
export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError(410, 'Expired', message, undefined, continueToken)
}

export function methodNotSupported(what: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind "${printGroupResource(what)}"`
  return new StatusError(405, 'MethodNotAllowed', message, detailsOf(what))
}

export function requestEntityTooLarge(message: string): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`)
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes: readonly Cause[] = [],
): StatusError {
  return new StatusError(429, 'TooManyRequests', message, {
    ...(causes.length === 0 ? {} : { causes }),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  })
}

export function internalError(message: string): StatusError {
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  })
}

// Causes: the words of field.Error. `field` is a path such as `spec.template.spec.containers[0].name`.

export function required(field: string, detail: string): Cause {
  return { reason: 'FieldValueRequired', message: `Required value${detail === '' ? '' : `: ${detail}`}`, field }
}

export function invalidValue(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${printValue(value)}${suffix(detail)}`, field }
}

export function typeInvalid(field: string, value: unknown, detail: string): Cause {
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value: ${printValue(value)}${suffix(detail)}`, field }
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): Cause {
  const list =
    supported.length === 0 ? '' : `: supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`
  return { reason: 'FieldValueNotSupported', message: `Unsupported value: ${printValue(value)}${list}`, field }
}

export function forbiddenField(field: string, detail: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden${suffix(detail)}`, field }
}

export function duplicate(field: string, value: unknown): Cause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${printValue(value)}`, field }
}

export function valueNotFound(field: string, value: unknown): Cause {
  return { reason: 'FieldValueNotFound', message: `Not found: ${printValue(value)}`, field }
}

export function tooLong(field: string, lengthMax: number): Cause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${lengthMax} bytes`, field }
}

export function tooMany(field: string, count: number, countMax: number): Cause {
  return { reason: 'FieldValueTooMany', message: `Too many: ${count}: must have at most ${countMax} items`, field }
}

function suffix(detail: string): string {
  return detail === '' ? '' : `: ${detail}`
}

/** As Go prints a bad value: strings quoted, numbers and booleans bare, null as `null`, the rest as JSON. */
function printValue(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
