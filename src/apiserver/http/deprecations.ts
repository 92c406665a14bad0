import type { Kind } from '../../api/kind.ts'

/** What a client is told that uses a kind which has a better successor, or none (k8s.io/api core/v1 lifecycles). */
const DEPRECATIONS: Readonly<Record<string, string>> = {
  'v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  'v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}

export function deprecationOf({ group, version, plural }: Kind): string | undefined {
  return group === '' ? DEPRECATIONS[`${version}/${plural}`] : undefined
}
