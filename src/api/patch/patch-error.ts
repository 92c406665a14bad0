import { badRequest, StatusError } from '../errors.ts'

/**
 * A patch cannot be read, or not applied to this object. The message is the one that upstream's code has; for an
 * `unprocessable` patch the API server keeps it to itself.
 */
export class PatchError extends Error {
  override readonly name = 'PatchError'
  readonly kind: 'badRequest' | 'unprocessable' | 'unexpected'

  constructor(message: string, kind: 'badRequest' | 'unprocessable' | 'unexpected' = 'unexpected') {
    super(message)
    this.kind = kind
  }

  /** k8s.io/apiserver pkg/endpoints/handlers/patch.go: what a client is told. */
  toStatusError(): StatusError {
    if (this.kind === 'badRequest') return badRequest(this.message)
    if (this.kind === 'unexpected') return new StatusError(500, '', this.message)
    return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}

/** A change and a patch want different values. */
export class PatchConflict extends Error {
  override readonly name = 'PatchConflict'
}
