import type { Volume, VolumeProjection } from '../../types.generated.ts'

/** A file that hides a service account's token, or is hidden by it. Upstream's paths lack the source's index. */
export function* tokenPathWarnings(volumes: readonly Volume[], field: string): Generator<string> {
  const tokens = new Set<string>()
  for (const { projected } of volumes) {
    for (const { serviceAccountToken } of projected?.sources ?? []) {
      if (serviceAccountToken !== undefined) tokens.add(serviceAccountToken.path)
    }
  }
  if (tokens.size === 0) return
  for (const [index, { projected }] of volumes.entries()) {
    for (const source of projected?.sources ?? []) {
      for (const [place, path] of pathsOf(source)) {
        if (!tokens.has(path)) continue
        yield `${field}[${index}].projected.sources.${place}: has duplicated path with ServiceAccountToken "${path}"`
      }
    }
  }
}

function* pathsOf(source: VolumeProjection): Generator<readonly [string, string]> {
  const { configMap, secret, downwardAPI, clusterTrustBundle } = source
  for (const [index, { path }] of (configMap?.items ?? []).entries()) yield [`configMap[${index}]`, path]
  for (const [index, { path }] of (secret?.items ?? []).entries()) yield [`secrets[${index}]`, path]
  for (const [index, { path }] of (downwardAPI?.items ?? []).entries()) yield [`downwardAPI[${index}]`, path]
  if (clusterTrustBundle !== undefined) yield ['ClusterTrustBundle', clusterTrustBundle.path]
}
