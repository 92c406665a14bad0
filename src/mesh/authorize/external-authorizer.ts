import { parseDuration } from '../../base/duration.ts'
import type { ExtensionProvider, HttpAuthorizer } from '../config/types/extension-provider.ts'
import { outboundCluster } from '../proxy/cluster-name.ts'
import { type NameTest, nameTest } from './header-names.ts'

/** A service that decides about requests, made ready to be asked. */
export interface ExternalAuthorizer {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly cluster: string
  readonly timeoutMs: number
  readonly failsOpen: boolean
  readonly statusOnError: number
  readonly clearsRoute: boolean
  /** Undefined: it decides without the body. */
  readonly body: BodyWish | undefined
  /** Undefined: it is asked over gRPC. */
  readonly http: HttpTerms | undefined
}

/** How much of a request's body is asked for. */
export interface BodyWish {
  readonly maxBytes: number
  readonly takesPart: boolean
  readonly asBytes: boolean
}

/** What of a request is said to a service that is asked over HTTP, and what of its answer is heeded. */
export interface HttpTerms {
  readonly pathPrefix: string
  readonly isSent: NameTest
  readonly added: readonly (readonly [name: string, value: string])[]
  readonly toUpstream: NameTest
  readonly toClientOnAllow: NameTest
  readonly toClientOnDeny: NameTest
}

/** istio/istio pilot/pkg/security/authz/builder/extauthz.go. */
const TIMEOUT_MS = 600_000
const FORBIDDEN = 403

/** envoyproxy/envoy source/extensions/filters/common/ext_authz/check_request_utils.cc. */
const ALWAYS_SENT = ['authorization']

/** Where headers for a refused client are listed, these are among them: ext_authz_http_impl.cc there. */
const ALWAYS_TO_CLIENT = ['www-authenticate', 'location']

/** Undefined for a provider of something else. */
export function externalAuthorizer(provider: ExtensionProvider): ExternalAuthorizer | undefined {
  const { name, envoyExtAuthzHttp, envoyExtAuthzGrpc } = provider
  const written = envoyExtAuthzHttp ?? envoyExtAuthzGrpc
  if (written === undefined) return undefined
  const { service = '', port = 0, timeout, failOpen, statusOnError, clearRouteCache } = written
  const { includeRequestBodyInCheck: body } = written
  const host = service.slice(service.indexOf('/') + 1)
  return {
    name,
    host,
    port,
    cluster: outboundCluster(host, { port, subset: '' }),
    timeoutMs: timeout === undefined ? TIMEOUT_MS : (parseDuration(timeout) ?? TIMEOUT_MS),
    failsOpen: failOpen === true,
    statusOnError: statusOnError === undefined || statusOnError === '' ? FORBIDDEN : Number(statusOnError),
    clearsRoute: clearRouteCache === true,
    body: body && {
      maxBytes: body.maxRequestBytes ?? 0,
      takesPart: body.allowPartialMessage === true,
      asBytes: body.packAsBytes === true,
    },
    http: envoyExtAuthzHttp && httpTerms(envoyExtAuthzHttp),
  }
}

function httpTerms(written: HttpAuthorizer): HttpTerms {
  const { pathPrefix = '', includeRequestHeadersInCheck = [], includeHeadersInCheck = [] } = written
  const sent = includeRequestHeadersInCheck.length > 0 ? includeRequestHeadersInCheck : includeHeadersInCheck
  const onDeny = written.headersToDownstreamOnDeny ?? []
  return {
    pathPrefix,
    isSent: nameTest([...sent, ...ALWAYS_SENT]),
    added: Object.entries(written.includeAdditionalHeadersInCheck ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
    toUpstream: nameTest(written.headersToUpstreamOnAllow ?? []),
    toClientOnAllow: nameTest(written.headersToDownstreamOnAllow ?? []),
    toClientOnDeny: onDeny.length === 0 ? everyName : nameTest([...onDeny, ...ALWAYS_TO_CLIENT]),
  }
}

function everyName(): boolean {
  return true
}
