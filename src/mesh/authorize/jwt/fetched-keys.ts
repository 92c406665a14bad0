import { untilAborted } from '../../../base/abort.ts'
import { parseDuration } from '../../../base/duration.ts'
import type { Clock } from '../../../world/clock.ts'
import type { JwtRule } from '../../config/types/request-authentication.ts'
import type { KeySource } from './authenticate.ts'
import { type KeySet, parseKeySet, UNOBTAINABLE_KEYS } from './key-set.ts'

/** Fetches a text. Rejects for any status but 2xx, and when `signal` says that nobody waits any longer. */
export type FetchText = (url: string, signal: AbortSignal) => Promise<string>

/** istio/istio pilot/pkg/model/jwks_resolver.go; PILOT_JWT_PUB_KEY_REFRESH_INTERVAL. */
const REFRESH_MS = 20 * 60_000
const REFRESH_AFTER_FAILURE_MS = 60_000
const REFRESH_AFTER_FAILURE_MAX_MS = 60 * 60_000
const RETRY_MS = 1_000
const RETRIES = 7
const EVICTION_MS = 7 * 24 * 60 * 60_000
const TIMEOUT_MS = 5_000

const DISCOVERY_PATH = '/.well-known/openid-configuration'

/**
 * Keys that rules name by URL, or leave to the discovery of their issuer, kept as Istio's control plane keeps them.
 *
 * Invariants:
 *  1. `keysOf` never waits: keys that are not known, or could not be fetched, let no token pass.
 *  2. Keys once fetched stay until newer ones come, or until a week has passed without any.
 *  3. What nobody asked for in a week is forgotten.
 */
export class FetchedKeys implements KeySource {
  readonly #clock: Clock
  readonly #fetchText: FetchText
  readonly #entries = new Map<string, Entry>()
  #wake: (() => void) | undefined

  constructor(options: { readonly clock: Clock; readonly fetchText: FetchText }) {
    this.#clock = options.clock
    this.#fetchText = options.fetchText
  }

  keysOf(rule: JwtRule): KeySet {
    const entry = this.#entryOf(rule)
    entry.usedMs = this.#clock.now()
    return entry.keys ?? UNOBTAINABLE_KEYS
  }

  /** Fetches, once, what these rules need and nobody has asked for before: to be waited for before they take effect. */
  async prepare(rules: Iterable<JwtRule>): Promise<void> {
    const news = new Set<Entry>()
    for (const rule of rules) {
      if (rule.jwks !== undefined && rule.jwks !== '') continue
      const entry = this.#entryOf(rule)
      if (!entry.isTried) news.add(entry)
    }
    const succeeded = await Promise.all([...news].map((entry) => this.#refresh(entry, { retries: 0 })))
    if (succeeded.includes(false)) this.#wake?.()
  }

  /** Fetches again and again what is in use, and at once what could not be fetched before, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0
    let delayMs = [...this.#entries.values()].some(isMissing) ? 0 : REFRESH_MS
    while (!signal.aborted) {
      const isWoken = await this.#pause(delayMs, signal)
      this.#forgetUnused()
      const entries = [...this.#entries.values()].filter((entry) => !isWoken || isMissing(entry))
      const succeeded = await Promise.all(entries.map((entry) => this.#refresh(entry, { retries: RETRIES, signal })))
      failures = succeeded.includes(false) ? failures + 1 : 0
      delayMs = pauseMs(failures)
    }
  }

  /** Whether somebody woke it before its time. */
  #pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
    const woken = new Promise<boolean>((resolve) => {
      const timer = this.#clock.schedule(delayMs, () => resolve(false))
      this.#wake = () => {
        timer.cancel()
        resolve(true)
      }
    })
    return untilAborted(woken, signal).finally(() => this.#wake?.())
  }

  #entryOf(rule: JwtRule): Entry {
    const { issuer = '', jwksUri = '', timeout } = rule
    const name = JSON.stringify([issuer, jwksUri])
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const nowMs = this.#clock.now()
    const timeoutMs = (timeout === undefined ? undefined : parseDuration(timeout)) ?? TIMEOUT_MS
    const entry = {
      issuer,
      jwksUri,
      timeoutMs,
      keys: undefined,
      text: '',
      usedMs: nowMs,
      freshMs: nowMs,
      isTried: false,
    }
    this.#entries.set(name, entry)
    return entry
  }

  async #refresh(
    entry: Entry,
    { retries, signal }: { readonly retries: number; readonly signal?: AbortSignal },
  ): Promise<boolean> {
    entry.isTried = true
    for (let attempt = 0; ; attempt++) {
      try {
        const text = await this.#fetchKeys(entry)
        if (text !== entry.text) Object.assign(entry, { text, keys: parseKeySet(text) })
        entry.freshMs = this.#clock.now()
        return true
      } catch (failure) {
        if (signal?.aborted === true) throw failure
        // Old keys are better than none: tokens that they vouch for pass meanwhile, all others do not.
        if (attempt === retries) return false
        await this.#clock.sleep(RETRY_MS, signal)
      }
    }
  }

  async #fetchKeys({ issuer, jwksUri, timeoutMs }: Entry): Promise<string> {
    const url = jwksUri === '' ? await this.#discovered(issuer, timeoutMs) : jwksUri
    const text = await this.#fetchWithin(url, timeoutMs)
    // Whatever else is behind the URL is nobody's business.
    if (!isKeySet(JSON.parse(text))) throw new Error(`${url} has no list of keys`)
    return text
  }

  async #discovered(issuer: string, timeoutMs: number): Promise<string> {
    const url = issuer.replace(/\/$/, '') + DISCOVERY_PATH
    const { jwks_uri: keysUrl } = JSON.parse(await this.#fetchWithin(url, timeoutMs)) as { readonly jwks_uri?: unknown }
    if (typeof keysUrl !== 'string') throw new Error(`${url} does not say where keys are`)
    return keysUrl
  }

  async #fetchWithin(url: string, timeoutMs: number): Promise<string> {
    const late = new AbortController()
    const timer = this.#clock.schedule(timeoutMs, () =>
      late.abort(new Error(`${url} did not answer in ${timeoutMs} ms`)),
    )
    try {
      // A fetch that does not heed the signal is not waited for either.
      return await untilAborted(this.#fetchText(url, late.signal), late.signal)
    } finally {
      timer.cancel()
    }
  }

  #forgetUnused(): void {
    const oldestMs = this.#clock.now() - EVICTION_MS
    for (const [name, { usedMs, freshMs }] of this.#entries) {
      if (usedMs <= oldestMs || freshMs <= oldestMs) this.#entries.delete(name)
    }
  }
}

interface Entry {
  readonly issuer: string
  readonly jwksUri: string
  readonly timeoutMs: number
  keys: KeySet | undefined
  text: string
  usedMs: number
  /** When keys were fetched last. */
  freshMs: number
  isTried: boolean
}

function isMissing({ keys }: Entry): boolean {
  return keys === undefined
}

function pauseMs(failures: number): number {
  if (failures === 0) return REFRESH_MS
  return Math.min(REFRESH_AFTER_FAILURE_MS * 2 ** (failures - 1), REFRESH_AFTER_FAILURE_MAX_MS)
}

function isKeySet(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
}
