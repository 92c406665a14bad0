import { badRequest, invalid, forbiddenField, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { WatchEvent, WatchRequest } from '../../api/request.ts'
import { eventEncoder } from '../content/encode.ts'
import { negotiateStream } from '../content/negotiate.ts'
import type { ServerContext } from '../context.ts'
import { atLeastRevision, parseResourceVersion } from '../rest/resource-version.ts'
import { selectionOf } from '../rest/selection.ts'
import { bookmark } from '../rest/watch.ts'
import type { HttpCall } from './http-call.ts'
import { parseBoolean, parseInteger } from './query.ts'
import type { ResourceInfo } from './request-info.ts'

/** Watches without a time-out of their own last between this long and twice as long (k8s.io/apiserver pkg/server). */
const WATCH_MIN_SECONDS = 1_800
/** How often a quiet watch says how far it has come. */
const BOOKMARK_EVERY_MS = 60_000
/** A client that has not read this much is cut off: it lists again when it is back. */
const UNREAD_MAX_BYTES = 64 * 1024 * 1024

/** Where the events of a watch go: the body of a response, or the messages of a WebSocket. */
export interface EventSink {
  /** Called once, before the first event. */
  open(type: string): void
  send(event: string | Uint8Array): void
  readonly unreadBytes: number
  /** No more events; what was sent still arrives. */
  end(): void
  /** Cuts the client off. */
  destroy(): void
  /** Called when the client has left, or everything has arrived; at once if that has been. */
  onClose(listener: () => void): void
}

/** Streams events until the client leaves, the time is up, or the client falls too far behind. */
export async function answerWatch(call: WatchCall, kind: Kind, info: ResourceInfo, sink: EventSink): Promise<void> {
  const { request, url, server } = call
  const { clock, random, store } = server.context
  const accepted = negotiateStream(request, { kind, verb: 'watch' })
  const watchRequest = readWatch(call, kind, info)
  parseResourceVersion(watchRequest.resourceVersion)
  selectionOf(kind, watchRequest)
  const includeObject = url.searchParams.get('includeObject') ?? ''
  const encode = eventEncoder(kind, { ...accepted, includeObject, now: () => clock.now() })
  const asked = parseInteger(url.searchParams, 'timeoutSeconds') ?? 0
  const timeoutSeconds = asked === 0 ? WATCH_MIN_SECONDS * (1 + random.next()) : asked
  sink.open(encode.type)
  const obstacle = await whyNotFresh(watchRequest, server.context)
  if (obstacle !== undefined) {
    sink.send(encode.event({ type: 'ERROR', object: obstacle.toStatus() }))
    sink.end()
    return
  }
  await new Promise<void>((resolve) => {
    // A client may take its time to read what was sent before the end.
    let isEnded = false
    const send = (event: WatchEvent | { type: 'ERROR'; object: object }): void => {
      if (isEnded) return
      sink.send(encode.event(event))
      if (sink.unreadBytes > UNREAD_MAX_BYTES) sink.destroy()
    }
    const end = (): void => {
      isEnded = true
      sink.end()
    }
    const watch = openWatch()
    const timeout = clock.schedule(timeoutSeconds * 1_000, () => {
      if (watchRequest.allowWatchBookmarks === true) send(bookmark(kind, store.revision))
      end()
    })
    let beat = clock.schedule(BOOKMARK_EVERY_MS, onBeat)
    sink.onClose(() => {
      timeout.cancel()
      beat.cancel()
      watch?.stop()
      resolve()
    })

    function onBeat(): void {
      if (watchRequest.allowWatchBookmarks === true) send(bookmark(kind, store.revision))
      beat = clock.schedule(BOOKMARK_EVERY_MS, onBeat)
    }

    /** Once the headers are out, a watch that cannot start says so as an event, as upstream does. */
    function openWatch(): { stop(): void } | undefined {
      try {
        return server.watch(watchRequest, { event: send, closed: end })
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        send({ type: 'ERROR', object: error.toStatus() })
        end()
        return undefined
      }
    }
  })
}

/** A watch-list shows at least the version that it names; one that does not come ends it. */
async function whyNotFresh(
  { sendInitialEvents, resourceVersion }: WatchRequest,
  context: ServerContext,
): Promise<StatusError | undefined> {
  if (sendInitialEvents !== true) return undefined
  try {
    await atLeastRevision(resourceVersion, context)
    return undefined
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
}

/** A watch as a streamed response: one event a line, or a frame. Events of one turn travel in one packet. */
export function responseSink({ request, response }: Pick<HttpCall, 'request' | 'response'>): EventSink {
  let isCorked = false
  const uncork = (): void => {
    if (!isCorked) return
    isCorked = false
    response.uncork()
  }
  return {
    open(type) {
      response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache, private' })
      response.flushHeaders()
      request.socket.setNoDelay(true)
    },
    send(event) {
      if (!isCorked) {
        isCorked = true
        response.cork()
        process.nextTick(uncork)
      }
      response.write(event)
    },
    get unreadBytes() {
      return response.writableLength
    },
    end() {
      // Node writes the end of a corked response before what is held back of it.
      uncork()
      response.end()
    },
    destroy: () => response.destroy(),
    onClose: (listener) => (response.closed ? listener() : response.once('close', listener)),
  }
}

/** What a watch needs to know of its call; a WebSocket has no response. */
export type WatchCall = Pick<HttpCall, 'request' | 'url' | 'user' | 'server'>

function readWatch({ url, user }: WatchCall, kind: Kind, info: ResourceInfo): WatchRequest {
  const query = url.searchParams
  const sendInitialEvents = parseBoolean(query, 'sendInitialEvents')
  const match = query.get('resourceVersionMatch')
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    throw invalid('meta.k8s.io', 'ListOptions', '', [
      forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
    ])
  }
  if (sendInitialEvents === undefined && match !== null && match !== '') {
    throw invalid('meta.k8s.io', 'ListOptions', '', [
      forbiddenField(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    ])
  }
  if (info.subresource !== undefined) throw badRequest('a subresource cannot be watched')
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const entries = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    resourceVersion: text('resourceVersion'),
    sendInitialEvents,
    allowWatchBookmarks: parseBoolean(query, 'allowWatchBookmarks'),
  }
  const given = Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
  return { kind, namespace: kind.namespaced ? info.namespace : undefined, name: info.name, user, ...given }
}
