/** Told when there may be room for another connection. */
export interface LimitUser {
  onRoom(): void
}

/** How many connections one proxy has to the endpoints of one cluster, whatever protocol they speak. */
export class ConnectionLimit {
  max: number
  #taken = 0
  readonly #refused = new Set<LimitUser>()

  constructor(max = Number.POSITIVE_INFINITY) {
    this.max = max
  }

  /**
   * Whether one more may be begun; it is counted then. Who has none gets one whatever the limit says, or would never get any
   * (envoyproxy/envoy source/common/conn_pool/conn_pool_base.cc).
   */
  take(user: LimitUser, own: number): boolean {
    if (own > 0 && this.#taken >= this.max) {
      this.#refused.add(user)
      return false
    }
    this.#taken++
    return true
  }

  give(): void {
    this.#taken--
    if (this.#refused.size === 0) return
    const refused = [...this.#refused]
    this.#refused.clear()
    for (const user of refused) user.onRoom()
  }
}
