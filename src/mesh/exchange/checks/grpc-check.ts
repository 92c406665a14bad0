import { grpcFrame } from '../../../base/grpc.ts'
import { ProtobufError } from '../../../api/protobuf/wire.ts'
import type { ExternalAuthorizer } from '../../authorize/external-authorizer.ts'
import { headerValue, NO_HEADERS } from '../../route/header-list.ts'
import { isGrpc } from '../grpc.ts'
import type { CheckedEvent } from '../steps.ts'
import { checkRequestMessage } from './check-request-message.ts'
import { readCheckResponse } from './check-response-message.ts'
import type { CheckSubject } from './check-subject.ts'
import { type Consent, DENIED_DETAILS, UNREACHABLE } from './consent.ts'
import { isOpen, isSound, withFieldChanges } from './field-change.ts'
import type { HttpQuestion } from './http-check.ts'

const METHOD = '/envoy.service.auth.v3.Authorization/Check'
/** Of gRPC: whether it is compressed, and how long it is. */
const PREFIX_BYTES = 5
const FORBIDDEN = 403

/** What a proxy asks over gRPC. Rules: envoyproxy/envoy source/common/grpc/common.cc `prepareHeaders`. */
export function grpcQuestion({ host, timeoutMs, body }: ExternalAuthorizer, subject: CheckSubject): HttpQuestion {
  const message = checkRequestMessage(subject, { bodyAsBytes: body?.asBytes === true })
  const headers = ['content-type', 'application/grpc', 'te', 'trailers', 'grpc-timeout', `${Math.ceil(timeoutMs)}m`]
  return {
    head: { method: 'POST', scheme: 'http', authority: host, target: METHOD, headers },
    body: Buffer.from(grpcFrame(message).buffer),
  }
}

/**
 * What is no answer of gRPC's, and every answer that says that the call itself went wrong, is none. Rules: envoyproxy/envoy
 * source/extensions/filters/common/ext_authz/ext_authz_grpc_impl.cc.
 */
export function grpcConsent({ status, headers, body, trailers }: CheckedEvent): Consent {
  const grpcStatus = headerValue(trailers, 'grpc-status') ?? headerValue(headers, 'grpc-status')
  const message = onlyMessage(body)
  const isAnswer = status === 200 && isGrpc(headerValue(headers, 'content-type')) && grpcStatus === '0'
  if (!isAnswer || message === undefined) return UNREACHABLE
  try {
    return consentIn(message)
  } catch (error) {
    if (error instanceof ProtobufError) return UNREACHABLE
    throw error
  }
}

function consentIn(message: Buffer): Consent {
  const { code, allowed, denied } = readCheckResponse(message)
  if (code === 0) {
    const { request = [], response = [], queryChange } = allowed ?? {}
    return { kind: 'allowed', request, response, queryChange }
  }
  const { status = 0, headers = [], body = '' } = denied ?? {}
  const told = headers.filter((change) => isOpen(change.name) && isSound(change))
  // What the authorizer says several times is said several times: only what was there before is replaced.
  const list = withFieldChanges(
    NO_HEADERS,
    told.map((change) => (change.op === 'remove' ? change : { ...change, op: 'add' as const })),
  )
  return {
    kind: 'refused',
    reply: { status: status === 0 ? FORBIDDEN : status, body, details: DENIED_DETAILS, headers: list },
  }
}

/** Undefined where there is not one whole message, or it is compressed, which was not offered. */
function onlyMessage(body: Buffer): Buffer | undefined {
  if (body.length < PREFIX_BYTES || body[0] !== 0) return undefined
  const bytes = body.readUInt32BE(1)
  return body.length === PREFIX_BYTES + bytes ? body.subarray(PREFIX_BYTES) : undefined
}
