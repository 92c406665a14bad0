/** `proxyStatsMatcher` of a proxy's configuration: which of its own statistics are shown. */
export interface StatsMatcher {
  readonly inclusionPrefixes?: readonly string[]
  readonly inclusionSuffixes?: readonly string[]
  readonly inclusionRegexps?: readonly string[]
}
