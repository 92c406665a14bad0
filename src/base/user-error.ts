/**
 * A failure that the user can mend: what and why, what to do, and a permanent code that has a page in `docs/errors`.
 * The command line prints it as three lines; nothing else of ours reaches a user's terminal as an error.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: `DABBA_${string}`
  readonly hint: string

  constructor(code: `DABBA_${string}`, options: { message: string; hint: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
  }
}
