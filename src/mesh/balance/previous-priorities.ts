/** After so many attempts it is looked at where they went: istio/istio pilot/pkg/networking/core/route/retry/retry.go. */
const UPDATE_EVERY = 2

/**
 * Which priorities a request leaves alone, whose attempts went to those of `tried`, oldest first. With none left that is
 * available, all of them are good again. Rules: envoyproxy/envoy
 * source/extensions/retry/priority/previous_priorities/previous_priorities.cc.
 */
export function previousPriorities(
  tried: readonly number[],
  isAvailable: (priority: number) => boolean,
  all: readonly number[],
): ReadonlySet<number> {
  let attempted: number[] = []
  let left = new Set<number>()
  for (const priority of tried) {
    attempted.push(priority)
    if (attempted.length % UPDATE_EVERY !== 0) continue
    left = new Set([...left, ...attempted])
    if (all.some((other) => !left.has(other) && isAvailable(other))) continue
    attempted = []
    left = new Set()
  }
  return left
}
