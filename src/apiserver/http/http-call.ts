import type { IncomingMessage, ServerResponse } from 'node:http'
import type { UserInfo } from '../../api/request.ts'
import type { ApiServer } from '../api-server.ts'
import type { Authorizer } from './authentication.ts'
import type { RequestMetrics } from './request-metrics.ts'

/** One call, on its way through the server. */
export interface HttpCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly user: UserInfo
  readonly server: ApiServer
  readonly authorizer: Authorizer
  readonly metrics: RequestMetrics
}
