import type { Ingress } from '../../../api/kinds/networking/ingress.ts'
import type { TargetGroup } from '../target-group.ts'
import { type ClusterView, type LabelSet, META, NAMESPACE_LABEL, objectLabels } from './cluster-view.ts'

/** A target for each path of each host (prometheus: discovery/kubernetes/ingress.go). */
export function ingressGroup(ingress: Ingress, view: ClusterView): TargetGroup {
  const { namespace = '', name } = ingress.metadata
  const { ingressClassName, rules = [], tls = [] } = ingress.spec ?? {}
  const secureHosts = tls.flatMap(({ hosts = [] }) => hosts)
  const targets = rules.flatMap(({ host = '', http }): LabelSet[] => {
    const scheme = secureHosts.some((pattern) => matchesHost(pattern, host)) ? 'https' : 'http'
    const paths = http === undefined ? [''] : pathsOf(http)
    return paths.map((path) => ({
      __address__: host,
      [`${META}ingress_scheme`]: scheme,
      [`${META}ingress_host`]: host,
      [`${META}ingress_path`]: path || '/',
    }))
  })
  return {
    source: `ingress/${namespace}/${name}`,
    targets,
    labels: {
      [NAMESPACE_LABEL]: namespace,
      ...(ingressClassName !== undefined && { [`${META}ingress_class_name`]: ingressClassName }),
      ...objectLabels('ingress', ingress.metadata),
      ...view.namespaceLabels(namespace),
    },
  }
}

/** Objects of other API servers may lack the list, though the schema demands it. */
function pathsOf({ paths }: { readonly paths?: readonly { readonly path?: string }[] }): readonly string[] {
  return (paths ?? []).map(({ path = '' }) => path)
}

/** `*.shop.example` stands for one name in its first place. */
function matchesHost(pattern: string, host: string): boolean {
  if (pattern === host) return true
  const [first, ...rest] = pattern.split('.')
  const [, ...others] = host.split('.')
  return first === '*' && rest.join('.') === others.join('.')
}
