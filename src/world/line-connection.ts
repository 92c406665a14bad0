/** A connection on which lines of text are spoken, as SMTP does. */
export interface LineConnection {
  /** The next line, without its end. Rejects when the other side is gone. */
  readLine(): Promise<string>
  write(text: string): Promise<void>
  /** Goes on encrypted. */
  startTls(tls: LineTls): Promise<void>
  close(): void
}

export interface LineTls {
  readonly serverName: string
  /** PEM texts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly insecure?: boolean
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** Encrypted from the beginning. */
  readonly tls?: LineTls
  /** Ends the connection. */
  readonly signal: AbortSignal
}
