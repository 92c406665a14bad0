import { managerOf } from '../../api/apply/manager-name.ts'
import { badRequest, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest, PatchType, RequestOptions, RequestVerb } from '../../api/request.ts'
import { decodeDeleteOptions, decodeObject, decodePatch } from '../content/decode.ts'
import { encodeReply } from '../content/encode.ts'
import { negotiate } from '../content/negotiate.ts'
import { TextStream } from '../content/text-stream.ts'
import type { HttpCall } from './http-api.ts'
import { parseQuery } from './query.ts'
import { readBody } from './read-body.ts'
import type { ResourceInfo } from './request-info.ts'
import { respond } from './respond.ts'
import { Warnings } from './warnings.ts'
import { answerWatch, responseSink } from './watch-stream.ts'

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
  about: { info: ResourceInfo; verb: string },
): Promise<void> {
  const { info, verb } = about
  if (verb === 'watch') return answerWatch(call, kind, info, responseSink(call))
  const { request, response, server } = call
  const warnings = new Warnings(response)
  const accepted = negotiate(request, { kind, verb })
  const apiRequest = await readRequest(call, kind, {
    info,
    verb: verb as RequestVerb,
    warn: (text) => warnings.add(text),
  })
  const result = await server.send(apiRequest)
  if (result instanceof TextStream) return streamText(call, result)
  const includeObject = call.url.searchParams.get('includeObject') ?? ''
  const encoded = encodeReply(kind, result, { ...accepted, includeObject, now: server.context.clock.now() })
  respond(request, response, { code: codeOf(apiRequest, result), ...encoded })
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
  const { namespace, name, subresource } = info
  const options = withManager(
    parseQuery(url.searchParams),
    request.headers['user-agent'],
    request.headers['content-type'],
  )
  const base = {
    verb,
    kind,
    namespace: kind.namespaced ? namespace : undefined,
    name,
    subresource,
    options,
    user,
    warn,
  }
  if (verb === 'get' || verb === 'list') {
    return info.subresource === undefined ? base : { ...base, query: url.searchParams, signal: closing(call) }
  }
  const bytes = await readBody(request)
  const type = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? ''
  if (verb === 'patch') {
    const { value, duplicates } = decodePatch(bytes, patchType(type))
    return { ...base, body: value, duplicates, patchType: patchType(type) }
  }
  if (verb === 'delete' || verb === 'deletecollection') {
    return { ...base, options: merge(options, decodeDeleteOptions(bytes, type)) }
  }
  // Streams (exec, attach, portforward) are opened by a POST without a body.
  if (bytes.length === 0 && subresource !== undefined) return base
  const { value: body, duplicates } = decodeObject(bytes, { kind, subresource, type })
  return { ...base, name: name ?? nameOf(body), body, duplicates }
}

function patchType(type: string): PatchType {
  if (PATCH_TYPES.has(type)) return type as PatchType
  const message = `the body of the request was in an unknown format - accepted media types include: ${[...PATCH_TYPES].join(', ')}`
  throw new StatusError(415, 'UnsupportedMediaType', message)
}

/** Who does not name a field manager is known by its program, except for applies, which must name one. */
function withManager(options: RequestOptions, agent = '', type = ''): RequestOptions {
  if (type.startsWith('application/apply-patch')) return options
  return { ...options, fieldManager: managerOf(options.fieldManager, agent) }
}

function nameOf(body: unknown): string | undefined {
  return (body as Partial<ApiObject>).metadata?.name
}

function merge(query: RequestOptions, body: RequestOptions): RequestOptions {
  const { dryRun } = { ...query, ...body }
  if (
    body.propagationPolicy !== undefined &&
    !['Background', 'Foreground', 'Orphan'].includes(body.propagationPolicy)
  ) {
    throw badRequest(`invalid DeleteOptions: propagationPolicy: Unsupported value: "${String(body.propagationPolicy)}"`)
  }
  return { ...query, ...body, ...(dryRun === undefined ? {} : { dryRun }) }
}
