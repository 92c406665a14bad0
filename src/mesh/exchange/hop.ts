import type { UpstreamHost } from '../balance/upstream-host.ts'
import type { HopCaller } from './outbound-state.ts'
import type { ExchangeObserver } from './records.ts'
import type {
  AnsweredEvent,
  AttemptStep,
  CheckedEvent,
  CheckStep,
  Ended,
  FailedEvent,
  GatheredEvent,
  GatherStep,
  QueueStep,
  RespondStep,
  WaitStep,
} from './steps.ts'

/** What is to be done before something may come in. */
export type AskingStep = WaitStep | QueueStep | GatherStep | CheckStep

/** What became of it. */
export type AskingHappened = { readonly kind: 'waited' } | GatheredEvent | CheckedEvent | CheckFailure

export type CheckFailure = Pick<FailedEvent, 'kind' | 'how' | 'reason'>

/** What a called side's proxy wants to be done, or says. */
export type HopOutcome = AttemptStep | AskingStep | AnsweredEvent | FailedEvent

/** The proxy of a called workload, where its part is done at once by who calls. */
export interface Hop {
  /** Its answer in place of its application's. */
  readonly refusal: RespondStep | undefined
  enter(step: AttemptStep, caller: HopCaller, now: number): HopOutcome
  /** What became of what was to be done before its application is called, or called again. */
  heard(happened: AskingHappened, now: number): HopOutcome
  /** Its application has answered. As the caller sees it. */
  answered(answer: AnsweredEvent, now: number): AnsweredEvent
  /** Its application gave no answer. Undefined: neither does the proxy. */
  failed(failure: FailedEvent, dice: () => number, now: number): WaitStep | AnsweredEvent | undefined
  /** The caller has gone. */
  drop(now: number): void
  /** Nothing is asked of its application any more, or passed on from there. */
  leave(now: number): void
  /** The same of an attempt whose answer is not passed on: another one follows. */
  reportDropped(observer: ExchangeObserver, exchange: HopCaller, now: number): void
  report(observer: ExchangeObserver, caller: HopCaller, at: { readonly ended: Ended; readonly now: number }): void
}

/** Undefined where the other side has no proxy in this process, or is called over a wire. */
export type HopOf = (caller: Pick<HopCaller, 'proxy'>, host: UpstreamHost) => Hop | undefined
