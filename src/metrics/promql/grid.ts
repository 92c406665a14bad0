/** The instants a query is evaluated at: `steps` of them, `stepMs` apart. An instant query has one. */
export interface Grid {
  readonly startMs: number
  readonly stepMs: number
  readonly steps: number
}

export function gridOf(startMs: number, endMs: number, stepMs: number): Grid {
  return { startMs, stepMs, steps: endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1 }
}

/** Only the first instant: for what is the same at all of them. */
export function firstStep({ startMs, stepMs, steps }: Grid): Grid {
  return { startMs, stepMs, steps: Math.min(steps, 1) }
}

export function timeAt({ startMs, stepMs }: Grid, step: number): number {
  return startMs + step * stepMs
}

/** The time of every step. */
export function timesOf(grid: Grid): Float64Array {
  const times = new Float64Array(grid.steps)
  for (let step = 0; step < grid.steps; step++) times[step] = timeAt(grid, step)
  return times
}
