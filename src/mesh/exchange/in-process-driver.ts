import type { Clock } from '../../world/clock.ts'
import { type HeaderList, NO_HEADERS } from '../route/header-list.ts'
import { inTime, turnInTime } from './in-time.ts'
import type {
  AnsweredEvent,
  AttemptStep,
  CheckedEvent,
  CheckStep,
  Ended,
  FailedEvent,
  GatheredEvent,
  GatherStep,
  HttpExchange,
  MirrorCopy,
  Step,
} from './steps.ts'

/** An answer that is there whole. */
export interface WholeAnswer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
  readonly trailers?: HeaderList
}

/** Undefined: the connection was closed without an answer. */
export type ClientView = WholeAnswer | undefined

export type AttemptOutcome = ({ readonly kind: 'answered' } & WholeAnswer) | FailedEvent

/** Sends one attempt, or a copy of one, to its endpoint. An outcome that comes after its time is not looked at. */
export type Send = (copy: AttemptStep | MirrorCopy) => Promise<AttemptOutcome>

/** Asks an authorizer. */
export type Ask = (step: CheckStep) => Promise<CheckedEvent | FailedEvent>

const NO_BODY = Buffer.alloc(0)
const NOBODY: FailedEvent = { kind: 'failed', how: 'connect', beforeRequest: true }

/** Carries an exchange out in this process, against whatever answers whole: in real time or in virtual time. */
export async function carryOut(
  exchange: HttpExchange,
  by: {
    readonly clock: Clock
    readonly send: Send
    /** Absent: no authorizer can be reached. */
    readonly ask?: Ask
    readonly requestBody?: Buffer
  },
): Promise<ClientView> {
  const { clock, send, ask = () => Promise.resolve(NOBODY), requestBody = NO_BODY } = by
  const requestBytes = requestBody.length
  let step: Step = exchange.start(clock.now())
  let answer: WholeAnswer | undefined
  for (;;) {
    switch (step.kind) {
      case 'wait':
        await clock.sleep(step.ms)
        step = exchange.on({ kind: 'waited' }, clock.now())
        break
      case 'queue':
        step = exchange.on(await turnInTime(clock, step), clock.now())
        break
      case 'mirror':
        for (const copy of step.copies) void sendCopy(copy, by)
        step = exchange.on({ kind: 'waited' }, clock.now())
        break
      case 'gather':
        step = exchange.on(gathered(requestBody, step), clock.now())
        break
      case 'check':
        step = exchange.on(await inTime(clock, step.timeoutMs, ask(step)), clock.now())
        break
      case 'attempt': {
        const outcome = await inTime(clock, step.timeoutMs, send(step))
        answer = outcome.kind === 'answered' ? outcome : undefined
        step = exchange.on(happenedOf(outcome), clock.now())
        break
      }
      case 'relay':
        return end(exchange, { now: clock.now(), requestBytes, answer: { ...(answer ?? NOTHING), ...shown(step) } })
      case 'respond':
        return end(exchange, { now: clock.now(), requestBytes, answer: { ...shown(step), body: step.body.toString() } })
      case 'close':
        return end(exchange, { now: clock.now(), requestBytes, answer: undefined })
    }
  }
}

/** Nobody hears of what becomes of a copy. */
async function sendCopy(
  copy: MirrorCopy,
  { clock, send }: { readonly clock: Clock; readonly send: Send },
): Promise<void> {
  const { seat, timeoutMs } = copy
  const beganMs = clock.now()
  try {
    if (seat.isWaiting) {
      const turn = await turnInTime(clock, { turn: seat, timeoutMs })
      if (turn.kind === 'failed' || !seat.take(clock.now())) return
    }
    const leftMs = timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - (clock.now() - beganMs))
    await inTime(clock, leftMs, send(copy))
  } finally {
    seat.leave(clock.now())
  }
}

const NOTHING: WholeAnswer = { status: 0, headers: NO_HEADERS, body: '' }

function shown({ status, headers }: { readonly status: number; readonly headers: HeaderList }): {
  readonly status: number
  readonly headers: HeaderList
} {
  return { status, headers }
}

function happenedOf(outcome: AttemptOutcome): AnsweredEvent | FailedEvent {
  if (outcome.kind === 'failed') return outcome
  const { status, headers, body, trailers } = outcome
  return { kind: 'answered', status, headers, isWhole: body === '' && trailers === undefined }
}

function end(
  exchange: HttpExchange,
  { now, requestBytes, answer }: { readonly now: number; readonly requestBytes: number; readonly answer: ClientView },
): ClientView {
  const ended: Ended = {
    how: 'complete',
    requestBytes,
    responseBytes: Buffer.byteLength(answer?.body ?? ''),
    ...(answer?.trailers && { trailers: answer.trailers }),
  }
  exchange.ended(ended, now)
  return answer
}

function gathered(body: Buffer, { maxBytes }: GatherStep): GatheredEvent {
  const bytes = body.length === 0 ? undefined : body.subarray(0, maxBytes)
  return { kind: 'gathered', bytes, totalBytes: body.length }
}
