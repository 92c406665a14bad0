import type { Timer } from '../../../world/clock.ts'
import type { ReceivedAlert } from '../alerts/alert.ts'
import { groupLabelsOf, matchRoutes, type Route } from '../routing/route.ts'
import { AggregationGroup, type GroupContext } from './aggregation-group.ts'

/** Sorts alerts into groups by the routes that they take. */
export class Dispatcher {
  readonly #route: Route
  readonly #context: Omit<GroupContext, 'onEmpty'>
  /** By the route's id and the group's key. */
  readonly #groups = new Map<string, AggregationGroup>()
  #isStarted = false
  #timer: Timer | undefined

  constructor(route: Route, context: Omit<GroupContext, 'onEmpty'>) {
    this.#route = route
    this.#context = context
  }

  get groups(): readonly AggregationGroup[] {
    return [...this.#groups.values()]
  }

  /** Nothing is told before `startsAtMs`: time for those who tell us to say everything again. */
  start(startsAtMs: number): void {
    const { clock } = this.#context
    const begin = (): void => {
      this.#isStarted = true
      for (const group of this.groups) group.start()
    }
    if (startsAtMs <= clock.now()) begin()
    else this.#timer = clock.schedule(startsAtMs - clock.now(), begin)
  }

  dispatch(alert: ReceivedAlert): void {
    for (const route of matchRoutes(this.#route, alert.labels)) this.#groupFor(route, alert).insert(alert)
  }

  stop(): void {
    this.#timer?.cancel()
    for (const group of this.groups) group.stop()
    this.#groups.clear()
  }

  #groupFor(route: Route, alert: ReceivedAlert): AggregationGroup {
    const fresh = new AggregationGroup(route, groupLabelsOf(route, alert.labels), {
      ...this.#context,
      onEmpty: () => this.#groups.delete(key),
    })
    const key = `${route.id}:${fresh.key}`
    const present = this.#groups.get(key)
    if (present !== undefined) return present
    this.#groups.set(key, fresh)
    if (this.#isStarted) fresh.start()
    return fresh
  }
}
