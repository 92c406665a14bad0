import { createHash } from 'node:crypto'
import { encodeValue } from '../content/encode.ts'
import { negotiate, parseAccept } from '../content/negotiate.ts'
import {
  aggregated,
  coreVersions,
  furtherResourceList,
  groupDocument,
  groupList,
  resourceList,
} from '../discovery/discovery.ts'
import type { FurtherGroup, FurtherGroups } from '../discovery/further-groups.ts'
import type { HttpCall } from './http-call.ts'
import { notAllowed } from './endpoints.ts'
import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

type AggregatedVersion = 'v2' | 'v2beta1'

/** A document that is kept as long as the kinds, and the groups without kinds, stay the same. */
interface Kept {
  readonly revision: number
  readonly further: string
  readonly body: string
  readonly etag: string
}

/** What is served: `/api`, `/apis` and what lies below, by single documents or everything in one. */
export function discoveryPaths(furtherGroups: FurtherGroups = async () => []): PathAnswerer {
  const kept = new Map<string, Kept>()
  return async (call) => {
    const path = call.url.pathname.replace(/\/$/, '')
    if (!/^\/apis?(?:\/|$)/.test(path)) return false
    const further = path.startsWith('/apis') ? await furtherGroups() : []
    if (path !== '/api' && path !== '/apis') return answerDocument(call, documentAt(call, path, further))
    const version = aggregatedVersion(call.request.headers.accept)
    if (version === undefined) return answerDocument(call, documentAt(call, path, further))
    return answerAggregated(call, { path, version, kept, further })
  }
}

function answerDocument({ request, response }: HttpCall, document: object | undefined): boolean {
  if (document === undefined) return false
  if (request.method !== 'GET') throw notAllowed()
  respond(request, response, { code: 200, ...encodeValue(document, negotiate(request, {})) })
  return true
}

function documentAt({ server }: HttpCall, path: string, further: readonly FurtherGroup[]): object | undefined {
  const { scheme } = server.context
  const [, root, group = '', version] = path.split('/')
  const depth = path.split('/').length - 1
  if (root === 'api') {
    if (depth === 1) return coreVersions()
    return depth === 2 ? resourceList(scheme, '', group) : undefined
  }
  if (root !== 'apis') return undefined
  if (depth === 1) return groupList(scheme, further)
  if (depth === 2) return groupDocument(scheme, group, further)
  if (depth > 3) return undefined
  return resourceList(scheme, group, version ?? '') ?? furtherResourceList(further, group, version ?? '')
}

/** Clients keep this document: one that has not changed is not sent again. */
function answerAggregated(
  { request, response, server }: HttpCall,
  asked: {
    readonly path: '/api' | '/apis'
    readonly version: AggregatedVersion
    readonly kept: Map<string, Kept>
    readonly further: readonly FurtherGroup[]
  },
): true {
  if (request.method !== 'GET') throw notAllowed()
  const { path, version, kept, further } = asked
  const { scheme } = server.context
  const key = `${path} ${version}`
  const about = JSON.stringify(further)
  let document = kept.get(key)
  if (document?.revision !== scheme.revision || document.further !== about) {
    const body = `${JSON.stringify(aggregated(scheme, { root: path, version, further }))}\n`
    const etag = createHash('sha512').update(body).digest('hex').toUpperCase()
    kept.set(key, (document = { revision: scheme.revision, further: about, body, etag }))
  }
  const headers = { ETag: `"${document.etag}"`, Vary: 'Accept', 'Cache-Control': 'public' }
  if (request.headers['if-none-match'] === headers.ETag) {
    response.writeHead(304, headers)
    response.end()
    return true
  }
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  respond(request, response, { code: 200, type, body: document.body, headers })
  return true
}

/** The version of the aggregated form that a client asks for, even where it would take the plain form as well. */
function aggregatedVersion(accept = ''): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    const { as, g, v } = parameters
    const isJson = type === 'application/json' || type === 'application/*' || type === '*/*'
    if (!isJson || as !== 'APIGroupDiscoveryList' || g !== 'apidiscovery.k8s.io') continue
    if (v === 'v2' || v === 'v2beta1') return v
  }
  return undefined
}
