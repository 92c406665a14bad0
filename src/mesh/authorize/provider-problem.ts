import type { MeshConfig } from '../config/mesh-config.ts'
import type { ExtensionProvider, HttpAuthorizer } from '../config/types/extension-provider.ts'
import type { MeshService } from '../registry/mesh-service.ts'

/** What providers are checked against. */
export interface ProviderContext {
  readonly mesh: MeshConfig
  readonly services: ReadonlyMap<string, readonly MeshService[]>
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const PORT_MAX = 65_535

/** The ones that Envoy can answer with (envoyproxy/envoy api/envoy/type/v3/http_status.proto). */
const STATUSES = /^(100|20[0-8]|226|30[0-578]|40\d|41[0-7]|42[1-4689]|431|50[0-8]|51[01])$/

/**
 * Why a provider of external authorization cannot be asked; undefined: it can. Then all that its policies are about is
 * refused. Rules: istio/istio pilot/pkg/security/authz/builder/extauthz.go.
 */
export function providerProblem(name: string, context: ProviderContext): string | undefined {
  const [provider, ...more] = (context.mesh.extensionProviders ?? []).filter((candidate) => candidate.name === name)
  const authorizer = provider?.envoyExtAuthzHttp ?? provider?.envoyExtAuthzGrpc
  if (provider === undefined || authorizer === undefined) return `provider ${name || 'without a name'} is not defined`
  if (more.length > 0) return `provider ${name} is defined more than once`
  if (!NAME.test(name)) return `provider ${name}: the name is no DNS label`
  const { service = '', port = 0, statusOnError } = authorizer
  if (!(port >= 1 && port <= PORT_MAX)) return `provider ${name}: port ${port} is not in the range [1, ${PORT_MAX}]`
  if (!isKnown(service, context)) return `provider ${name}: service ${service} is not known`
  if (statusOnError !== undefined && statusOnError !== '' && !STATUSES.test(statusOnError)) {
    return `provider ${name}: statusOnError ${statusOnError} is no status that can be answered`
  }
  return provider.envoyExtAuthzHttp && httpProblem(provider, provider.envoyExtAuthzHttp)
}

/** Without a namespace the host must be of just one. */
function isKnown(service: string, { services }: ProviderContext): boolean {
  const slash = service.indexOf('/')
  const owners = (services.get(service.slice(slash + 1)) ?? []).map(({ namespace }) => namespace)
  return slash < 0 ? new Set(owners).size === 1 : owners.includes(service.slice(0, slash))
}

function httpProblem({ name }: ExtensionProvider, authorizer: HttpAuthorizer): string | undefined {
  const { pathPrefix = '' } = authorizer
  if (pathPrefix !== '' && !pathPrefix.startsWith('/')) return `provider ${name}: pathPrefix must begin with a slash`
  const lists = [
    authorizer.includeRequestHeadersInCheck,
    authorizer.includeHeadersInCheck,
    authorizer.headersToUpstreamOnAllow,
    authorizer.headersToDownstreamOnAllow,
    authorizer.headersToDownstreamOnDeny,
  ]
  const hasLoneStar = lists.some((headers = []) => headers.includes('*'))
  return hasLoneStar ? `provider ${name}: a star alone does not stand for headers` : undefined
}
