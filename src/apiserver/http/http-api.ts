import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { forbidden, StatusError, unauthorized } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Connection } from '../../world/network.ts'
import { uuid } from '../../world/random.ts'
import { impersonationOf } from '../authn/impersonation.ts'
import type { ApiServer } from '../api-server.ts'
import { ANONYMOUS, type Attributes, type Authenticator, type Authorizer } from './authentication.ts'
import { answerPath, type PathAnswerer } from './paths.ts'
import { parsePath, type ResourceInfo } from './request-info.ts'
import { answerResource } from './resources.ts'
import { respondJson } from './respond.ts'
import { methodVerb } from './verbs.ts'
import { answerWatch } from './watch-stream.ts'
import { isWebSocket, WebSockets, webSocketSink } from './websocket-watch.ts'

export interface HttpApiOptions {
  readonly server: ApiServer
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  /** Answers for what is no resource: discovery, health, version, OpenAPI. */
  readonly paths: readonly PathAnswerer[]
  /** Told of failures that are our own; the client gets a 500. */
  onError(error: Error): void
}

/** One call, on its way through the server. */
export interface HttpCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly user: UserInfo
  readonly server: ApiServer
  readonly authorizer: Authorizer
}

/** HTTP in, Status out: who asks, what for, whether they may, and then the verb. */
export class HttpApi {
  readonly #options: HttpApiOptions
  readonly #webSockets = new WebSockets()

  constructor(options: HttpApiOptions) {
    this.#options = options
  }

  /** Answers one request. Never rejects: what goes wrong becomes a Status. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Audit-Id', uuid(this.#options.server.context.random))
    try {
      await this.#answer(request, response)
    } catch (error) {
      const status = this.#statusOf(error as Error)
      if (response.headersSent) response.destroy()
      else respondStatus(request, response, status)
    }
  }

  /** Answers a request that wants another protocol: watches as WebSockets; the rest is answered as plain HTTP. */
  async upgrade(request: IncomingMessage, response: ServerResponse, { socket, head }: Connection): Promise<void> {
    const isWatch = new URL(request.url ?? '/', 'https://dabba').searchParams.has('watch')
    if (!isWatch || !isWebSocket(request)) return this.handle(request, response)
    try {
      const { call, kind, info } = await this.#admit(request, response)
      response.detachSocket(socket as Socket)
      await answerWatch(call, kind, info, webSocketSink(await this.#webSockets.accept(request, socket, head)))
    } catch (error) {
      respondStatus(request, response, this.#statusOf(error as Error))
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { server, authorizer, paths } = this.#options
    const url = new URL(request.url ?? '/', 'https://dabba')
    const user = this.#actingAs(await this.#userOf(request), request)
    const info = parsePath(url.pathname)
    const call: HttpCall = { request, response, url, user, server, authorizer }
    if (!info.isResource) {
      authorize(call, { user, verb: (request.method ?? 'GET').toLowerCase(), path: url.pathname })
      await answerPath(call, paths)
      return
    }
    const { kind, verb } = this.#resource(call, info)
    await answerResource(call, kind, { info, verb })
  }

  /** A watch that comes as a WebSocket: the same checks, without a response. */
  async #admit(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ call: HttpCall; kind: Kind; info: ResourceInfo }> {
    const { server, authorizer } = this.#options
    const url = new URL(request.url ?? '/', 'https://dabba')
    const user = this.#actingAs(await this.#userOf(request), request)
    const info = parsePath(url.pathname)
    if (!info.isResource) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
    const call: HttpCall = { request, response, url, user, server, authorizer }
    return { call, info, kind: this.#resource(call, info).kind }
  }

  /** The kind that a path is about, once its user may do what the method asks. */
  #resource(call: HttpCall, info: ResourceInfo): { kind: Kind; verb: string } {
    const { request, url, user, server } = call
    const { group, version, plural, subresource, namespace, name } = info
    const kind = server.context.scheme.byResource(group, version, plural)
    const verb = methodVerb(request.method ?? 'GET', info, url.searchParams)
    const resource = { group, version, plural, subresource, namespace, name }
    authorize(call, { user, verb, path: url.pathname, resource })
    return { kind: knownKind(kind, info), verb }
  }

  async #userOf(request: IncomingMessage): Promise<UserInfo> {
    for (const authenticator of this.#options.authenticators) {
      const user = await authenticator.authenticate(request)
      if (user !== undefined) return { ...user, groups: [...(user.groups ?? []), 'system:authenticated'] }
    }
    if (request.headers.authorization !== undefined) throw unauthorized()
    return ANONYMOUS
  }

  /** The user that a request impersonates, if its sender may. */
  #actingAs(user: UserInfo, request: IncomingMessage): UserInfo {
    const wanted = impersonationOf(request.headers)
    if (wanted === undefined) return user
    for (const resource of wanted.needed) {
      const attributes = { user, verb: 'impersonate', resource, path: '' }
      if (!this.#options.authorizer.authorize(attributes).allowed) throw refusal(attributes)
    }
    return wanted.user
  }

  #statusOf(error: Error): StatusError {
    if (error instanceof StatusError) return error
    this.#options.onError(error)
    return new StatusError(500, 'InternalError', `Internal error occurred: ${error.message}`)
  }
}

export function respondStatus(request: IncomingMessage, response: ServerResponse, error: StatusError): void {
  const seconds = error.details?.retryAfterSeconds
  if (seconds !== undefined) response.setHeader('Retry-After', String(seconds))
  respondJson(request, response, { code: error.code, value: error.toStatus() })
}

function knownKind(kind: Kind | undefined, { plural, isLegacyWatch }: ResourceInfo): Kind {
  if (kind !== undefined && !isLegacyWatch) return kind
  throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', plural === '' ? {} : {})
}

function authorize({ authorizer }: HttpCall, attributes: Attributes): void {
  if (authorizer.authorize(attributes).allowed) return
  throw refusal(attributes)
}

/** k8s.io/apiserver pkg/endpoints/handlers/responsewriters/errors.go */
export function refusal({ user, verb, resource, path }: Attributes): StatusError {
  const who = `User "${user.username}" cannot`
  if (resource === undefined) {
    return new StatusError(403, 'Forbidden', `forbidden: ${who} ${verb} path "${path}"`, {})
  }
  const { group, plural, subresource, namespace, name } = resource
  const what = subresource === undefined ? plural : `${plural}/${subresource}`
  const where = namespace === undefined ? ' at the cluster scope' : ` in the namespace "${namespace}"`
  const why = `${who} ${verb} resource "${what}" in API group "${group}"${where}`
  return forbidden({ group, resource: plural }, name ?? '', why)
}
