import { apiVersionOf, type Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Watch, WatchEvent, WatchHandler, WatchRequest } from '../../api/request.ts'
import type { StoreEvent } from '../../store/engine.ts'
import type { ServerContext } from '../context.ts'
import { decode, storagePathOf } from './meta.ts'
import { parseResourceVersion } from './resource-version.ts'
import { type Selection, selectionOf } from './selection.ts'

/**
 * GET …/{plural}?watch=true. Without a revision, or with `sendInitialEvents`, what exists comes first as ADDED events;
 * a watch-list then marks the end of that with a bookmark. Everything happens before this returns, and in order.
 */
export function watch(request: WatchRequest, handler: WatchHandler, { store }: ServerContext): Watch {
  const { kind, namespace, sendInitialEvents, allowWatchBookmarks } = request
  const selection = selectionOf(kind, request)
  const path = storagePathOf(kind)
  const fromRevision = parseResourceVersion(request.resourceVersion)
  const startsWithState = sendInitialEvents === true || (fromRevision === undefined && sendInitialEvents === undefined)
  const snapshot = store.list(path, namespace)
  if (startsWithState) {
    for (const stored of snapshot.items) {
      if (selection === undefined || selection(stored)) handler.event({ type: 'ADDED', object: decode(kind, stored) })
    }
    if (sendInitialEvents === true && allowWatchBookmarks === true) {
      handler.event(bookmark(kind, snapshot.revision, { 'k8s.io/initial-events-end': 'true' }))
    }
  }
  const stop = store.watch(path, startsWithState ? snapshot.revision : (fromRevision ?? snapshot.revision), (event) => {
    // A watcher may ask for a version that is still to come.
    if (fromRevision !== undefined && event.revision <= fromRevision) return
    if (namespace !== undefined && event.key.namespace !== namespace) return
    const seen = selected(event, selection)
    if (seen !== undefined)
      handler.event(kind.storedAs === undefined ? seen : { ...seen, object: decode(kind, seen.object) })
  })
  return {
    stop() {
      stop()
      handler.closed()
    },
  }
}

/** An object that begins to match appears as ADDED, one that no longer does as DELETED. */
function selected(event: StoreEvent, selection: Selection): WatchEvent | undefined {
  const { type, object, previous } = event
  if (selection === undefined) return { type, object }
  const matches = type !== 'DELETED' && selection(object)
  const matched = previous !== undefined && selection(previous)
  if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object }
  if (!matched) return undefined
  // Watchers get the last state that they could see, at the revision at which it went.
  if (type === 'DELETED') return { type, object }
  const metadata = { ...previous.metadata, ...revisionOf(object) }
  return { type: 'DELETED', object: { ...previous, metadata } }
}

function revisionOf({ metadata: { resourceVersion } }: ApiObject): { resourceVersion?: string } {
  return resourceVersion === undefined ? {} : { resourceVersion }
}

/** An event that says only how far the watch has come. */
export function bookmark(kind: Kind, revision: number, annotations?: Readonly<Record<string, string>>): WatchEvent {
  const metadata = {
    resourceVersion: String(revision),
    creationTimestamp: null,
    ...(annotations === undefined ? {} : { annotations }),
  }
  const object = { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } as unknown as ApiObject
  return { type: 'BOOKMARK', object }
}
