/** RFC 6901: `/spec/containers/0/image`, where `~1` stands for a slash and `~0` for a tilde. */
export function parseJsonPointer(text: string): readonly string[] {
  return text.split('/').slice(1).map(unescapeToken)
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
