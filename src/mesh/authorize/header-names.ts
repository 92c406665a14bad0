/** Whether the name of a header is one of those that are meant. Names are lower case. */
export type NameTest = (name: string) => boolean

/**
 * Names, beginnings before a star and ends after one, whatever their case. Rules: istio/istio
 * pilot/pkg/security/authz/builder/extauthz.go.
 */
export function nameTest(patterns: readonly string[]): NameTest {
  const exact = new Set<string>()
  const suffixes: string[] = []
  const prefixes: string[] = []
  for (const pattern of patterns.map((text) => text.toLowerCase())) {
    if (pattern.startsWith('*')) suffixes.push(pattern.slice(1))
    else if (pattern.endsWith('*')) prefixes.push(pattern.slice(0, -1))
    else exact.add(pattern)
  }
  return (name) =>
    exact.has(name) ||
    suffixes.some((suffix) => name.endsWith(suffix)) ||
    prefixes.some((prefix) => name.startsWith(prefix))
}
