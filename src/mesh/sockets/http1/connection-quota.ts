/** Told when there may be room for another connection. */
export interface QuotaUser {
  onRoom(): void
}

/** How many connections there are to the endpoints of one cluster, where it limits them. */
export class ConnectionQuota {
  #taken = 0
  readonly #refused = new Set<QuotaUser>()

  /**
   * Whether one more may be begun; it is counted then. Who has none gets one whatever the limit says, or would never get any
   * (envoyproxy/envoy source/common/conn_pool/conn_pool_base.cc).
   */
  take(user: QuotaUser, { max, own }: { readonly max: number; readonly own: number }): boolean {
    if (own > 0 && this.#taken >= max) {
      this.#refused.add(user)
      return false
    }
    this.#taken++
    return true
  }

  give(): void {
    this.#taken--
    const refused = [...this.#refused]
    this.#refused.clear()
    for (const user of refused) user.onRoom()
  }
}

/** Those of all clusters. */
export class ConnectionQuotas {
  readonly #quotas = new Map<string, ConnectionQuota>()

  of(cluster: string): ConnectionQuota {
    const known = this.#quotas.get(cluster)
    if (known !== undefined) return known
    const quota = new ConnectionQuota()
    this.#quotas.set(cluster, quota)
    return quota
  }
}
