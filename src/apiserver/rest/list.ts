import { expired, type StatusError } from '../../api/errors.ts'
import { apiVersionOf } from '../../api/kind.ts'
import type { ApiObject, ObjectList } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { Snapshot } from '../../store/store.ts'
import type { ServerContext } from '../context.ts'
import { type ContinueToken, parseContinue, printContinue } from './continue-token.ts'
import { decode, storagePathOf } from './meta.ts'
import { atLeastRevision, checkListParameters, parseResourceVersion } from './resource-version.ts'
import { type Selection, selectionOf } from './selection.ts'

/** GET …/{plural}: one page, or everything. */
export async function list(request: ApiRequest, context: ServerContext): Promise<ObjectList> {
  const { kind, options, namespace } = request
  checkListParameters(options)
  const selection = selectionOf(kind, { ...options, name: request.name })
  const token = options.continue === undefined || options.continue === '' ? undefined : parseContinue(options.continue)
  if (token === undefined) await atLeastRevision(options.resourceVersion, context)
  const snapshot = snapshotFor(request, token, context)
  const page = cut(snapshot, { selection, token, limit: options.limit ?? 0 })
  const isWhole = kind.storedAs === undefined
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.listKind ?? `${kind.kind}List`,
    metadata: {
      resourceVersion: String(snapshot.revision),
      ...(page.next === undefined
        ? {}
        : { continue: printContinue({ revision: snapshot.revision, start: page.next }) }),
      ...(page.remaining === undefined || page.remaining === 0 ? {} : { remainingItemCount: page.remaining }),
    },
    items: isWhole ? page.items : page.items.map((item) => decode(kind, item)),
  }

  function snapshotFor(
    { options: { resourceVersion, resourceVersionMatch } }: ApiRequest,
    from: ContinueToken | undefined,
    { store }: ServerContext,
  ): Snapshot {
    const path = storagePathOf(kind)
    if (from !== undefined) return from.revision < 0 ? store.list(path, namespace) : atRevision(from, path)
    const asked = parseResourceVersion(resourceVersion)
    if (asked !== undefined && resourceVersionMatch === 'Exact') return store.listAt(path, asked, namespace)
    return store.list(path, namespace)
  }

  /** A page that continues an older list; once that is forgotten, 410 with a token that goes on inconsistently. */
  function atRevision(from: ContinueToken, path: ReturnType<typeof storagePathOf>): Snapshot {
    try {
      return context.store.listAt(path, from.revision, namespace)
    } catch (error) {
      if ((error as StatusError).code !== 410) throw error
      throw expired(CONTINUE_EXPIRED, printContinue({ revision: -1, start: from.start }))
    }
  }
}

/** k8s.io/apiserver pkg/storage/etcd3/errors.go */
const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.'

interface Page {
  readonly items: readonly ApiObject[]
  readonly next?: string
  readonly remaining?: number
}

function cut(
  snapshot: Snapshot,
  options: { selection: Selection; token: ContinueToken | undefined; limit: number },
): Page {
  const { selection, token, limit } = options
  const all = token === undefined ? snapshot.items : snapshot.items.slice(firstAtOrAfter(snapshot.items, token.start))
  // Upstream reads a negative limit as none.
  if (limit <= 0) return { items: selection === undefined ? all : all.filter(selection) }
  const items: ApiObject[] = []
  for (const [index, item] of all.entries()) {
    if (selection !== undefined && !selection(item)) continue
    if (items.length === limit) {
      const last = items.at(-1)
      const next = last === undefined ? '' : `${keyText(last)}\u0000`
      return { items, next, ...(selection === undefined ? { remaining: all.length - index } : {}) }
    }
    items.push(item)
  }
  return { items }
}

/** `namespace/name`: the order of keys in the store. */
function keyText({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function firstAtOrAfter(items: readonly ApiObject[], start: string): number {
  const [namespace, name] = splitOnce(start)
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    const isBefore =
      item !== undefined &&
      ((item.metadata.namespace ?? '') < namespace ||
        ((item.metadata.namespace ?? '') === namespace && item.metadata.name < name))
    if (isBefore) low = middle + 1
    else high = middle
  }
  return low
}

function splitOnce(text: string): [string, string] {
  const slash = text.indexOf('/')
  return [text.slice(0, slash), text.slice(slash + 1)]
}
