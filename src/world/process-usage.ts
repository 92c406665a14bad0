/** What this process has used of its machine. */
export interface ProcessUsage {
  readonly cpuSeconds: number
  readonly residentBytes: number
  /** Seconds since the Unix epoch. */
  readonly startedAtSeconds: number
}

const MICROSECONDS = 1_000_000

/** Asked of the host. */
export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  return {
    cpuSeconds: (user + system) / MICROSECONDS,
    residentBytes: process.memoryUsage.rss(),
    startedAtSeconds: performance.timeOrigin / 1_000,
  }
}
