/** How many samples a query looked at, in all and at each step. */
export class SampleCounts {
  /** For ranges, every sample counts once for each window it is in. */
  total = 0
  /** For ranges, every sample counts once. */
  read = 0
  /** The most that were held in memory at a time. */
  peak = 0
}

/** Where a query's time went, in seconds. */
export interface QueryTimings {
  readonly evalTotalTime: number
  readonly resultSortTime: number
  readonly queryPreparationTime: number
  readonly innerEvalTime: number
  readonly execQueueTime: number
  readonly execTotalTime: number
}

/** What the API answers when it is asked for `stats`. */
export interface QueryStats {
  readonly timings: QueryTimings
  readonly samples: {
    readonly totalQueryableSamples: number
    readonly samplesRead: number
    readonly peakSamples: number
  }
}
