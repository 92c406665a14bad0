import { managerOf } from '../../api/apply/manager-name.ts'
import { StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest, PatchType, RequestOptions, RequestVerb } from '../../api/request.ts'
import { decodeDeleteOptions, decodeObject, decodePatch } from '../content/decode.ts'
import { encodeReply } from '../content/encode.ts'
import { negotiate } from '../content/negotiate.ts'
import { TextStream } from '../content/text-stream.ts'
import { deprecationOf } from './deprecations.ts'
import { authorize } from './authorization.ts'
import type { HttpCall } from './http-call.ts'
import { checkedDeleteOptions, deleteOptionsOf, readListOptions, readWriteOptions } from './options.ts'
import { readBody } from './read-body.ts'
import type { ResourceInfo } from './request-info.ts'
import { respond } from './respond.ts'
import { Warnings } from './warnings.ts'
import { answerWatch, responseSink } from './watch-stream.ts'

const APPLY = 'application/apply-patch+yaml'
const STRATEGIC = 'application/strategic-merge-patch+json'
const PATCH_TYPES: ReadonlySet<string> = new Set<PatchType>([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
])

/** Answers a call about a resource: reads its body, runs the verb, writes the result as the client wants it. */
export async function answerResource(
  call: HttpCall,
  kind: Kind,
  about: { info: ResourceInfo; verb: string; view?: (read: unknown) => unknown },
): Promise<void> {
  const { info, verb, view } = about
  const { request, response, server } = call
  const warnings = new Warnings(response)
  const deprecation = deprecationOf(kind)
  if (deprecation !== undefined) warnings.add(deprecation)
  if (verb === 'watch') return answerWatch(call, kind, info, responseSink(call))
  const accepted = negotiate(request, { kind, verb })
  const apiRequest = await readRequest(call, kind, {
    info,
    verb: verb as RequestVerb,
    warn: (text) => warnings.add(text),
  })
  let isCreated = false
  const { creates } = apiRequest
  const sent = await server.send({
    ...apiRequest,
    creates() {
      creates?.()
      isCreated = true
    },
  })
  if (sent instanceof TextStream) return streamText(call, sent)
  const result = view === undefined || (verb !== 'get' && verb !== 'list') ? sent : view(sent)
  const includeObject = call.url.searchParams.get('includeObject') ?? ''
  const encoded = encodeReply(kind, result, { ...accepted, includeObject, now: server.context.clock.now() })
  const code = isCreated ? 201 : codeOf(apiRequest, result)
  respond(request, response, { code, ...encoded })
}

/** Sends text as it comes, at the pace of the reader. */
async function streamText({ response }: HttpCall, { chunks }: TextStream): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' })
  response.flushHeaders()
  for await (const chunk of chunks) {
    if (response.destroyed) return
    if (!response.write(chunk)) await once(response, ['drain', 'close'])
  }
  response.end()
}

/** Aborts when the client leaves. */
function closing({ response }: HttpCall): AbortSignal {
  const left = new AbortController()
  response.once('close', () => left.abort())
  return left.signal
}

function once(response: HttpCall['response'], events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    for (const event of events) response.once(event, () => resolve())
  })
}

function codeOf({ verb, subresource }: ApiRequest, result: unknown): number {
  const status = result as { kind?: string; code?: number }
  if (status.kind === 'Status' && typeof status.code === 'number') return status.code
  return verb === 'create' && subresource !== 'eviction' ? 201 : 200
}

async function readRequest(
  call: HttpCall,
  kind: Kind,
  about: { info: ResourceInfo; verb: RequestVerb; warn: (text: string) => void },
): Promise<ApiRequest> {
  const { request, url, user } = call
  const { info, verb, warn } = about
  const { name, subresource } = info
  const query = url.searchParams
  const namespace = kind.namespaced ? info.namespace : undefined
  const base = { verb, kind, namespace, name, subresource, options: {}, user, warn }
  if (verb === 'get') {
    const resourceVersion = query.get('resourceVersion')
    const options = resourceVersion === null ? {} : { resourceVersion }
    return subresource === undefined ? { ...base, options, query } : { ...base, query, signal: closing(call) }
  }
  if (verb === 'list') return { ...base, options: readListOptions(query) }
  const type = mediaTypeOf(request)
  if (verb === 'delete') return { ...base, options: await readDelete(call, type) }
  if (verb === 'deletecollection') {
    return { ...base, options: { ...readListOptions(query), ...(await readDelete(call, type)) } }
  }
  return readWrite(call, { base: { ...base, verb }, type })
}

/** A create, an update or a patch, with the object or the patch that is its body. */
async function readWrite(
  call: HttpCall,
  { base, type }: { base: ApiRequest & { verb: 'create' | 'update' | 'patch' }; type: string },
): Promise<ApiRequest> {
  const { request, url } = call
  const { verb, kind, subresource, name } = base
  const agent = request.headers['user-agent'] ?? ''
  const creates = (): void => mayCreate(call, base)
  if (verb === 'patch') {
    const form = patchType(type, kind)
    const bytes = await readBody(request)
    const options = readWriteOptions(url.searchParams, { verb, patchType: form })
    const { value, duplicates } = decodePatch(bytes, form)
    const manager = form === APPLY ? options.fieldManager : managerOf(options.fieldManager, agent)
    const named = manager === undefined ? options : { ...options, fieldManager: manager }
    return { ...base, options: named, body: value, duplicates, patchType: form, creates }
  }
  const bytes = await readBody(request)
  const given = readWriteOptions(url.searchParams, { verb })
  const options = { ...given, fieldManager: managerOf(given.fieldManager, agent) }
  // Streams (exec, attach, portforward) are opened by a POST without a body.
  if (bytes.length === 0 && kind.subresources?.find((one) => one.name === subresource)?.kind?.endsWith('Options'))
    return { ...base, options }
  const { value: body, duplicates } = decodeObject(bytes, { kind, subresource, type })
  return { ...base, options, name: name ?? nameOf(body), body, duplicates, creates }
}

/** Who creates an object by an update or an apply must be allowed to create it (pkg/endpoints/handlers/update.go). */
function mayCreate({ url, user, authorizer }: HttpCall, { kind, namespace, name, subresource }: ApiRequest): void {
  const { group, version, plural } = kind
  const resource = { group, version, plural, namespace, name, subresource }
  authorize(authorizer, { user, verb: 'create', path: url.pathname, resource })
}

async function readDelete({ request, url }: HttpCall, type: string): Promise<RequestOptions> {
  const bytes = await readBody(request)
  const given = bytes.length === 0 ? deleteOptionsOf(url.searchParams) : decodeDeleteOptions(bytes, type)
  return checkedDeleteOptions(given)
}

function mediaTypeOf({ headers }: HttpCall['request']): string {
  const type = headers['content-type'] ?? ''
  return type === '' ? 'application/json' : (type.split(';')[0]?.trim().toLowerCase() ?? '')
}

/** Upstream's router refuses what is no patch; custom resources have no strategic merge patch. */
function patchType(type: string, kind: Kind): PatchType {
  const isKnown = PATCH_TYPES.has(type) && (kind.custom !== true || type !== STRATEGIC)
  if (isKnown) return type as PatchType
  if (kind.custom !== true) throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const known = [...PATCH_TYPES].filter((one) => one !== STRATEGIC).join(', ')
  const message = `the body of the request was in an unknown format - accepted media types include: ${known}`
  throw new StatusError(415, 'UnsupportedMediaType', message)
}

function nameOf(body: unknown): string | undefined {
  return (body as Partial<ApiObject> | null)?.metadata?.name
}
