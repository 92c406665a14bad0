import type { CompiledRoute, RouteTarget } from './compiled-route.ts'
import { type HeaderChange, headerChanges } from './headers.ts'
import type { MeshRequest } from './request.ts'
import { redirectLocation } from './rewrite.ts'

/*
 * What a route does with a request. Traffic and the tools that tell of it ask here alone, so that no answer of a tool can
 * differ from what traffic sees; faults are in fault.ts, and what a target changes is in the route itself.
 */

/** What a route answers itself. `headers` are what it says of the answer's. */
export type OwnOutcome =
  | {
      readonly kind: 'respond'
      readonly status: number
      readonly body: string
      readonly headers: readonly HeaderChange[]
    }
  | {
      readonly kind: 'redirect'
      readonly status: number
      readonly location: string
      readonly headers: readonly HeaderChange[]
    }

/** A redirect, or a response that is written in the route. Undefined where it leads to others. */
export function ownOutcome(route: CompiledRoute, request: MeshRequest, port: number): OwnOutcome | undefined {
  const { redirect, directResponse } = route.rule
  if (redirect === undefined && directResponse === undefined) return undefined
  const headers = headerChanges(route.rule.headers?.response)
  if (redirect !== undefined) {
    const location = redirectLocation(redirect, { request, uri: route.uri, port })
    return { kind: 'redirect', status: redirect.redirectCode || 301, location, headers }
  }
  const { status = 200, body } = directResponse ?? {}
  const text = body?.string ?? Buffer.from(body?.bytes ?? '', 'base64').toString()
  return { kind: 'respond', status, body: text, headers }
}

/** What is called once a route has sent a request on to a target. */
export function sentOn(
  { rewrite }: CompiledRoute,
  { authority }: RouteTarget,
  request: MeshRequest,
): { readonly authority: string; readonly path: string } {
  const { path } = request
  return { authority: authority ?? request.authority, path: rewrite === undefined ? path : rewrite(path) }
}

/** Weights are relative: they need not add up to 100. */
export function pickTarget<Target extends { readonly weight: number }>(
  targets: readonly Target[],
  dice: () => number,
): Target | undefined {
  if (targets.length <= 1) return targets[0]
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  let left = dice() * total
  for (const target of targets) {
    left -= target.weight
    if (left < 0) return target
  }
  return targets.at(-1)
}
