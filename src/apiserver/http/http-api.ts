import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { badRequest, notFound, StatusError, unauthorized } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { UserInfo } from '../../api/request.ts'
import type { Pod } from '../../api/types.generated.ts'
import type { Timer } from '../../world/clock.ts'
import type { Connection } from '../../world/network.ts'
import { uuid } from '../../world/random.ts'
import { impersonationOf } from '../authn/impersonation.ts'
import type { ApiServer } from '../api-server.ts'
import {
  PortForward,
  portForwardUpgrade,
  type PodDialer,
  type PortForwardUpgrade,
} from '../port-forward/port-forward.ts'
import { groupResourceOf, storagePathOf } from '../rest/meta.ts'
import { FlowControl } from '../flow-control/flow-control.ts'
import { ANONYMOUS, type Attributes, authenticated, type Authenticator, type Authorizer } from './authentication.ts'
import { authorize } from './authorization.ts'
import { knownKind, notAllowed, offered } from './endpoints.ts'
import type { HttpCall } from './http-call.ts'
import { PageNotFound, respondPlainError } from './page-not-found.ts'
import { answerPath, type PathAnswerer } from './paths.ts'
import { Proxy, type ProxyTransport } from './proxy.ts'
import { deadlineMsOf } from './query.ts'
import { namespaceOf, parsePath, type RequestInfo, type ResourceInfo } from './request-info.ts'
import { RequestMetrics } from './request-metrics.ts'
import { type PodView, viewForLogs } from './log-view.ts'
import { answerResource } from './resources.ts'
import { respondStatus } from './respond-status.ts'
import { methodVerb, selectedName } from './verbs.ts'
import { answerWatch } from './watch-stream.ts'
import { isWebSocket, WebSockets, webSocketSink } from './websocket-watch.ts'

export interface HttpApiOptions {
  readonly server: ApiServer
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer
  /** Answers for what is no resource: discovery, health, version, OpenAPI. */
  readonly paths: readonly PathAnswerer[]
  /** The kind of a resource that is in no scheme, because such resources come and go by themselves: metrics. */
  readonly furtherKind?: (info: ResourceInfo) => Kind | undefined
  /** Carries on what is asked of pods, services and nodes themselves; without it, nobody answers for them. */
  readonly proxy?: ProxyTransport
  /** Connects to ports of pods for who forwards them; without it, nobody answers there. */
  readonly dialPod?: PodDialer
  /** How a pod is shown to `kubectl logs`. */
  readonly shownForLogs?: PodView
  /** Told of failures that are our own; the client gets a 500. */
  onError(error: Error): void
}

/** A call of which is known what it wants. */
interface Admitted {
  readonly call: HttpCall
  readonly info: RequestInfo
  readonly verb: string
  readonly attributes: Attributes
}

/** Subresources whose calls last as long as their clients like (pkg/server/config.go). */
const STREAMS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

/** HTTP in, Status out: who asks, what for, whether there is room, whether they may, and then the verb. */
export class HttpApi {
  readonly #options: HttpApiOptions
  readonly #webSockets = new WebSockets()
  readonly #metrics = new RequestMetrics()
  readonly #flowControl: FlowControl
  readonly #proxy: Proxy | undefined
  readonly #portForward: PortForward | undefined

  constructor(options: HttpApiOptions) {
    this.#options = options
    const { proxy, dialPod, server } = options
    this.#flowControl = new FlowControl(server.context)
    this.#proxy = proxy === undefined ? undefined : new Proxy(proxy)
    this.#portForward = dialPod === undefined ? undefined : new PortForward(dialPod, server.context.clock)
  }

  /** Answers one request. Never rejects: what goes wrong becomes a Status. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { random } = this.#options.server.context
    response.setHeader('Audit-Id', uuid(random))
    try {
      await this.#answer(await this.#receive(request, response))
    } catch (error) {
      this.#respondError(request, response, error as Error)
    }
  }

  /**
   * Answers a request that wants another protocol: watches as WebSockets, and ports of pods; the rest is answered as plain
   * HTTP.
   */
  async upgrade(request: IncomingMessage, response: ServerResponse, { socket, head }: Connection): Promise<void> {
    const forwarding = portForwardUpgrade(request)
    if (forwarding === undefined) return this.handle(request, response)
    try {
      const admitted = await this.#receive(request, response)
      const { call, info, verb, attributes } = admitted
      if (info.isResource && isPortForward(info) && this.#portForward !== undefined) {
        const takeOver = this.#planForwarding(this.#portForward, forwarding, { ...admitted, info })
        const end = this.#begin(admitted)
        response.detachSocket(socket as Socket)
        response.statusCode = 101
        return await takeOver({ socket, head }).finally(end)
      }
      if (!info.isResource || verb !== 'watch' || !isWebSocket(request)) return await this.#answer(admitted)
      authorize(call.authorizer, attributes)
      const kind = knownKind(this.#kindOf(info), info, call.server.context.scheme)
      response.detachSocket(socket as Socket)
      await answerWatch(call, kind, info, webSocketSink(await this.#webSockets.accept(request, { socket, head })))
    } catch (error) {
      this.#respondError(request, response, error as Error)
    }
  }

  /** Whoever opens streams into a pod has to be allowed to create them, by whichever method that is asked. */
  #planForwarding(
    portForward: PortForward,
    upgrade: PortForwardUpgrade,
    { call, info, attributes }: Admitted & { readonly info: ResourceInfo },
  ): (connection: Connection) => Promise<void> {
    authorize(call.authorizer, attributes)
    authorize(call.authorizer, { ...attributes, verb: 'create' })
    const { store, scheme } = call.server.context
    const kind = knownKind(this.#kindOf(info), info, scheme)
    const { namespace, name = '' } = info
    const pod = store.get(storagePathOf(kind), { namespace, name })
    if (pod === undefined) throw notFound(groupResourceOf(kind), name)
    return portForward.plan(upgrade, { request: call.request, query: call.url.searchParams, pod: pod as Pod })
  }

  /** Counts a call that lasts as long as its client likes; returns what ends it. */
  #begin(admitted: Admitted): () => void {
    const { clock } = this.#options.server.context
    const startedMs = clock.now()
    const end = this.#measure(admitted, true)
    return () => end(clock.now() - startedMs, 0)
  }

  /** Who asks, and what for. */
  async #receive(request: IncomingMessage, response: ServerResponse): Promise<Admitted> {
    const { server, authorizer } = this.#options
    const url = urlOf(request)
    const info = pathOf(url)
    const user = this.#actingAs(await this.#userOf(request), request)
    const call: HttpCall = { request, response, url, user, server, authorizer, metrics: this.#metrics }
    const method = request.method ?? 'GET'
    if (!info.isResource) {
      const verb = method.toLowerCase()
      return { call, info, verb, attributes: { user, verb, path: url.pathname } }
    }
    const verb = methodVerb(method, info, url.searchParams)
    const { group, version, plural, subresource } = info
    const name = info.name ?? (verb === 'list' || verb === 'watch' ? selectedName(url.searchParams) : undefined)
    const resource = { group, version, plural, subresource, namespace: namespaceOf(info), name }
    return { call, info, verb, attributes: { user, verb, path: url.pathname, resource } }
  }

  async #answer(admitted: Admitted): Promise<void> {
    const { call, info, verb } = admitted
    const { clock } = this.#options.server.context
    const isWatch = verb === 'watch'
    const isStream = info.isResource && STREAMS.has(info.subresource ?? '')
    const deadline = isWatch || isStream ? undefined : this.#deadline(call)
    const startedMs = clock.now()
    const end = this.#measure(admitted, isWatch || isStream)
    let release: (() => void) | undefined
    let queuedMs = 0
    try {
      if (!isStream) release = await this.#admit(admitted)
      queuedMs = clock.now() - startedMs
      // A watch is expensive only until it is open.
      if (isWatch) release?.()
      authorize(call.authorizer, admitted.attributes)
      await this.#perform(admitted)
    } catch (error) {
      this.#respondError(call.request, call.response, error as Error)
    } finally {
      release?.()
      deadline?.cancel()
      end(clock.now() - startedMs, queuedMs)
    }
  }

  async #perform({ call, info, verb }: Admitted): Promise<void> {
    if (!info.isResource) return answerPath(call, this.#options.paths)
    const kind = knownKind(this.#kindOf(info), info, call.server.context.scheme)
    if (info.subresource === 'proxy' && this.#proxy !== undefined) return this.#proxy.answer(call, kind, info)
    if (!offered(kind, info, { verb, method: call.request.method ?? 'GET' })) throw notAllowed()
    const { shownForLogs } = this.#options
    const view = shownForLogs === undefined ? undefined : viewForLogs(call.request, kind, shownForLogs)
    await answerResource(call, kind, { info, verb, ...(view !== undefined && { view }) })
  }

  #kindOf(info: ResourceInfo): Kind | undefined {
    const { group, version, plural } = info
    const { server, furtherKind } = this.#options
    return server.context.scheme.byResource(group, version, plural) ?? furtherKind?.(info)
  }

  /** Waits for a seat of the request's priority level, and says which level that was. */
  async #admit({ call: { response }, attributes }: Admitted): Promise<(() => void) | undefined> {
    const classified = this.#flowControl.classify(attributes)
    if (classified === undefined) return undefined
    response.setHeader('X-Kubernetes-PF-FlowSchema-UID', classified.schema.metadata.uid ?? '')
    response.setHeader('X-Kubernetes-PF-PriorityLevel-UID', classified.level.metadata.uid ?? '')
    const release = await this.#flowControl.admit(classified, attributes)
    if (release === undefined) throw new TooBusy()
    return release
  }

  /** A request that takes too long is answered without its result. */
  #deadline({ request, response, url }: HttpCall): Timer {
    return this.#options.server.context.clock.schedule(deadlineMsOf(url.searchParams), () => {
      const message = 'Timeout: request did not complete within the allotted timeout'
      if (!response.headersSent) respondStatus(request, response, new StatusError(504, 'Timeout', message, {}))
    })
  }

  #measure({ call, info, verb }: Admitted, isLong: boolean): (durationMs: number, queuedMs: number) => void {
    const { response, url } = call
    const isMutating = !['get', 'list', 'watch'].includes(verb)
    const labels = {
      verb: (verb === '' ? 'other' : verb).toUpperCase(),
      group: info.isResource ? info.group : '',
      version: info.isResource ? info.version : '',
      resource: info.isResource ? info.plural : '',
      subresource: info.isResource ? (info.subresource ?? '') : url.pathname,
      scope: scopeOf(info),
    } as const
    const end = isLong ? this.#metrics.beginLongRunning(labels) : this.#metrics.begin({ isMutating })
    return (durationMs, queuedMs) => {
      end()
      const isKnown = response.statusCode !== 404
      const counted = isKnown ? labels : { ...labels, resource: '', subresource: '' }
      const dryRun = url.searchParams.get('dryRun') ?? ''
      this.#metrics.count({ ...counted, dryRun, code: response.statusCode, durationMs, queuedMs })
    }
  }

  async #userOf(request: IncomingMessage): Promise<UserInfo> {
    for (const authenticator of this.#options.authenticators) {
      const user = await authenticator.authenticate(request)
      if (user !== undefined) return authenticated(user)
    }
    // Other schemes are nobody's, and so is who uses them.
    if (/^bearer +\S/i.test(request.headers.authorization ?? '')) throw unauthorized()
    return ANONYMOUS
  }

  /** The user that a request impersonates, if its sender may. */
  #actingAs(user: UserInfo, request: IncomingMessage): UserInfo {
    const wanted = impersonationOf(request.headersDistinct)
    if (wanted === undefined) return user
    for (const resource of wanted.needed) {
      authorize(this.#options.authorizer, { user, verb: 'impersonate', resource, path: '' })
    }
    return wanted.user
  }

  #respondError(request: IncomingMessage, response: ServerResponse, error: Error): void {
    try {
      this.#tellError(request, response, error)
    } catch (failure) {
      // An answer that cannot be given ends its connection, and nothing else.
      this.#options.onError(failure as Error)
      response.destroy()
    }
  }

  #tellError(request: IncomingMessage, response: ServerResponse, error: Error): void {
    if (error === request.errored) {
      // The client broke off within its request: nobody is left to be told.
      response.destroy()
    } else if (response.headersSent) {
      if (!response.writableEnded) response.destroy()
    } else if (error instanceof PageNotFound) respondPlainError(response, 404, error.message)
    else if (error instanceof TooBusy) {
      response.setHeader('Retry-After', '1')
      respondPlainError(response, 429, error.message)
    } else respondStatus(request, response, this.#statusOf(error))
  }

  #statusOf(error: Error): StatusError {
    if (error instanceof StatusError) return error
    this.#options.onError(error)
    return new StatusError(500, 'InternalError', `Internal error occurred: ${error.message}`)
  }
}

/** The server has no room for a request now (pkg/server/filters/maxinflight.go). */
class TooBusy extends Error {
  override readonly name = 'TooBusy'

  constructor() {
    super('Too many requests, please try again later.')
  }
}

function isPortForward({ group, plural, subresource }: ResourceInfo): boolean {
  return group === '' && plural === 'pods' && subresource === 'portforward'
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  const target = URL.parse(`https://dabba${url}`)
  if (target === null) throw badRequest(`invalid request target ${JSON.stringify(url)}`)
  return target
}

function pathOf(url: URL): RequestInfo {
  try {
    return parsePath(url.pathname)
  } catch (error) {
    if (error instanceof URIError) throw badRequest(`invalid URL escape in ${JSON.stringify(url.pathname)}`)
    throw error
  }
}

function scopeOf(info: RequestInfo): '' | 'resource' | 'namespace' | 'cluster' {
  if (!info.isResource) return ''
  if (info.name !== undefined) return 'resource'
  return info.namespace === undefined ? 'cluster' : 'namespace'
}
