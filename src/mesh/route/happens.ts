/** Parts per million, as Envoy counts; what is less than one is cut off. No die is cast where the outcome is certain. */
export function happens(percent: number, dice: () => number): boolean {
  if (percent <= 0) return false
  return percent >= 100 || Math.floor(dice() * 1_000_000) < Math.trunc(percent * 10_000)
}
