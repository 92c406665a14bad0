import type { CompiledRoute } from '../route/compiled-route.ts'
import { NO_HEADERS } from '../route/header-list.ts'
import { headerChanges, withListChanges } from '../route/headers.ts'
import type { MeshRequest } from '../route/request.ts'
import { redirectLocation } from '../route/rewrite.ts'
import type { LocalReply } from './local-reply.ts'

const DETAILS = 'direct_response'

/** What a route answers itself: a redirect, or a response that is written in it. Undefined where it leads to others. */
export function ownAnswer(route: CompiledRoute, request: MeshRequest, port: number): LocalReply | undefined {
  const { redirect, directResponse, headers } = route.rule
  if (redirect !== undefined) {
    const location = redirectLocation(redirect, { request, uri: route.uri, port })
    return { status: redirect.redirectCode || 301, body: '', details: DETAILS, headers: ['location', location] }
  }
  if (directResponse === undefined) return undefined
  const { status, body } = directResponse
  const text = body?.string ?? Buffer.from(body?.bytes ?? '', 'base64').toString()
  const said = withListChanges(NO_HEADERS, headerChanges(headers?.response))
  return { status, body: text, details: DETAILS, headers: said }
}
