import { OpenApi, type Published } from '../../api/openapi/openapi.ts'
import { PROTOBUF_V2_TYPE } from '../../api/openapi/protobuf-v2.ts'
import type { HttpCall } from './http-call.ts'
import type { PathAnswerer } from './paths.ts'
import { respond } from './respond.ts'

/** An older name, which is no proper media type; clients still ask by it, and are answered with the other one. */
const OLDER_PROTOBUF_V2_TYPE = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

/** `/openapi/v2` and `/openapi/v3`. `describe` reads the sentences of `kubectl explain`, when they are first needed. */
export function openApiPaths(describe: () => Promise<ConstructorParameters<typeof OpenApi>[0]>): PathAnswerer {
  let openApi: Promise<OpenApi> | undefined
  const loaded = (): Promise<OpenApi> => (openApi ??= describe().then((descriptions) => new OpenApi(descriptions)))
  return async (call) => {
    const path = call.url.pathname.replace(/\/$/, '')
    if (path !== '/openapi/v2' && path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return false
    const kinds = call.server.context.scheme.kinds()
    const documents = await loaded()
    if (path === '/openapi/v2') {
      const accept = call.request.headers.accept ?? ''
      const wantsProtobuf = accept.includes(PROTOBUF_V2_TYPE) || accept.includes(OLDER_PROTOBUF_V2_TYPE)
      const document = documents.documentV2(kinds, wantsProtobuf ? 'protobuf' : 'json')
      return publish(call, document, wantsProtobuf ? PROTOBUF_V2_TYPE : 'application/json')
    }
    const document =
      path === '/openapi/v3' ? documents.indexV3(kinds) : documents.documentV3(kinds, path.slice('/openapi/v3/'.length))
    return document === undefined ? false : publish(call, document, 'application/json')
  }
}

/** Clients keep documents: one that has not changed is not sent again. */
function publish({ request, response, url }: HttpCall, { bytes, etag }: Published, type: string): true {
  const quoted = `"${etag}"`
  const isPinned = url.searchParams.get('hash') === etag
  const headers = {
    Etag: quoted,
    Vary: 'Accept',
    ...(isPinned ? { 'Cache-Control': 'public, immutable', Expires: 'Thu, 31 Dec 2037 23:55:55 GMT' } : {}),
  }
  if (request.headers['if-none-match'] === quoted) {
    response.writeHead(304, headers)
    response.end()
  } else respond(request, response, { code: 200, type, body: bytes, headers })
  return true
}
