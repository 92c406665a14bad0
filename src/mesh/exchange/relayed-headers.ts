import type { HeaderList } from '../route/header-list.ts'
import { httpDate } from './http-date.ts'

/** What an upstream says of its answer, with what the proxy says of it. */
export function relayedHeaders(
  answered: HeaderList,
  own: {
    /** Undefined: it is not told, and what is there is left. */
    readonly serviceMs: number | undefined
    /** Undefined: what is there is left. */
    readonly serverName: string | undefined
    readonly added: HeaderList
    readonly nowMs: number
  },
): HeaderList {
  const headers: string[] = []
  let hasDate = false
  for (let index = 0; index < answered.length; index += 2) {
    const name = answered[index] ?? ''
    if (name === 'x-envoy-upstream-service-time' && own.serviceMs !== undefined) continue
    if (name === 'server' && own.serverName !== undefined) continue
    if (name === 'date') hasDate = true
    headers.push(name, answered[index + 1] ?? '')
  }
  if (own.serviceMs !== undefined) headers.push('x-envoy-upstream-service-time', String(Math.round(own.serviceMs)))
  if (own.serverName !== undefined) headers.push('server', own.serverName)
  if (!hasDate) headers.push('date', httpDate(own.nowMs))
  for (const text of own.added) headers.push(text)
  return headers
}
