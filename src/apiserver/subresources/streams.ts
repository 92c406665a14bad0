import { badRequest, StatusError } from '../../api/errors.ts'
import type { SubresourceHandler } from '../context.ts'
import { current } from '../rest/get.ts'

/** exec, attach and proxy: there is no process behind a simulated container to talk to. */
export function noStreams(what: string): SubresourceHandler {
  return (request, context) => {
    const { metadata } = current(request, context)
    const message = `${what} is not available: "${metadata.name}" is simulated, and nothing runs in it that could answer`
    throw new StatusError(501, 'NotImplemented', message)
  }
}

/** Ports are forwarded on connections that go on in another protocol (k8s.io/apimachinery pkg/util/proxy). */
export const withoutUpgrade: SubresourceHandler = (request, context) => {
  current(request, context)
  throw badRequest('Upgrade request required')
}
