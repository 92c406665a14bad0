import type { IncomingMessage, ServerResponse } from 'node:http'
import { StatusError } from '../../api/errors.ts'
import { encodeValue } from '../content/encode.ts'
import { negotiate } from '../content/negotiate.ts'
import { respond } from './respond.ts'

/** A Status in the form that the client takes; JSON where it takes none. */
export function respondStatus(request: IncomingMessage, response: ServerResponse, error: StatusError): void {
  const seconds = error.details?.retryAfterSeconds
  if (seconds !== undefined) response.setHeader('Retry-After', String(seconds))
  if (error.code === 403) response.setHeader('X-Content-Type-Options', 'nosniff')
  const status = error.toStatus()
  respond(request, response, { code: error.code, ...encodeValue(status, formOfStatus(request)) })
}

function formOfStatus(request: IncomingMessage): ReturnType<typeof negotiate> {
  try {
    return negotiate(request, {})
  } catch (error) {
    // The failure must not be hidden behind the failure to say it as the client would like.
    if (!(error instanceof StatusError)) throw error
    return { encoding: 'json', as: 'object', version: 'v1', pretty: true }
  }
}
