import type { Random } from '../../world/random.ts'

/**
 * A range whose lower part is left, as long as it can be, to those who name what they want: dynamic choices come from
 * the upper part first (Kubernetes enhancement 3070).
 */
export interface Range {
  readonly size: number
  readonly reserved: number
}

/** Random draws before a part is searched in order. */
const DRAWS = 32

/** An offset that is free; undefined when the range is full. */
export function draw(
  { size, reserved }: Range,
  random: Random,
  isFree: (offset: number) => boolean,
): number | undefined {
  return drawBetween(reserved, size, random, isFree) ?? drawBetween(0, reserved, random, isFree)
}

function drawBetween(
  first: number,
  end: number,
  random: Random,
  isFree: (offset: number) => boolean,
): number | undefined {
  if (first >= end) return undefined
  for (let tries = 0; tries < DRAWS; tries++) {
    const offset = first + random.below(end - first)
    if (isFree(offset)) return offset
  }
  for (let offset = first; offset < end; offset++) if (isFree(offset)) return offset
  return undefined
}
