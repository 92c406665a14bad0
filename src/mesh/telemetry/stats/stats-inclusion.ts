import { isObject } from '../../../api/patch/json-value.ts'
import { ownProxyConfig, PROXY_CONFIG_ANNOTATION } from '../../config/types/proxy-config.ts'
import type { StatsMatcher } from '../../config/types/stats-matcher.ts'
import { textMatch } from '../../route/text-match.ts'

/** Says of a statistic, by Envoy's name for it, whether it is shown. */
export type StatsInclusion = (name: string) => boolean

const NONE: StatsInclusion = () => false

const PREFIXES = 'sidecar.istio.io/statsInclusionPrefixes'
const SUFFIXES = 'sidecar.istio.io/statsInclusionSuffixes'
const REGEXPS = 'sidecar.istio.io/statsInclusionRegexps'

export function hasStatsAnnotation(annotations: Readonly<Record<string, string>> = {}): boolean {
  return [PROXY_CONFIG_ANNOTATION, PREFIXES, SUFFIXES, REGEXPS].some((name) => annotations[name] !== undefined)
}

/**
 * What is shown of a proxy: nothing by itself, as there is much of it. Each annotation counts in place of what the pod's
 * proxy configuration says of the same, and that in place of the mesh's. istio/istio pkg/bootstrap/config.go.
 */
export function statsInclusion(
  matcher: StatsMatcher | undefined,
  annotations: Readonly<Record<string, string>> = {},
): StatsInclusion {
  const own = matcherIn(annotations) ?? matcher
  const prefixes = listed(annotations[PREFIXES]) ?? own?.inclusionPrefixes ?? []
  const suffixes = listed(annotations[SUFFIXES]) ?? own?.inclusionSuffixes ?? []
  const patterns = (listed(annotations[REGEXPS]) ?? own?.inclusionRegexps ?? []).map((regex) => textMatch({ regex }))
  if (prefixes.length + suffixes.length + patterns.length === 0) return NONE
  return (name) =>
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    suffixes.some((suffix) => name.endsWith(suffix)) ||
    patterns.some((matches) => matches(name))
}

function listed(annotation: string | undefined): readonly string[] | undefined {
  return annotation === undefined || annotation === '' ? undefined : annotation.split(',')
}

function matcherIn(annotations: Readonly<Record<string, string>>): StatsMatcher | undefined {
  const matcher = ownProxyConfig(annotations)['proxyStatsMatcher']
  return isObject(matcher) ? (matcher as StatsMatcher) : undefined
}
