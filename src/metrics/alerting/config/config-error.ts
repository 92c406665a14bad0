/** A configuration is refused; the message is Alertmanager's, `line` where the problem is, if that is known. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly line: number | undefined

  constructor(message: string, options: ErrorOptions & { line?: number | undefined } = {}) {
    super(message, options)
    this.line = options.line
  }
}
