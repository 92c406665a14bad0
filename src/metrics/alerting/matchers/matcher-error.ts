/** A text is no matcher; the message is Alertmanager's. */
export class MatcherError extends Error {
  override readonly name = 'MatcherError'
}
