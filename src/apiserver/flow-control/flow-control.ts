import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types.generated.ts'
import type { Store } from '../../store/store.ts'
import type { ResourcePath } from '../../store/engine.ts'
import type { Clock } from '../../world/clock.ts'
import type { Attributes } from '../http/authentication.ts'
import { matchesFlowSchema } from './matches.ts'
import { Seats } from './seats.ts'

const SCHEMAS: ResourcePath = 'flowcontrol.apiserver.k8s.io/flowschemas'
const LEVELS: ResourcePath = 'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations'
/** Requests handled at a time, of all levels together: 400 that read and 200 that write (pkg/server/config.go). */
const SEATS_TOTAL = 600
/** A quarter of the time that a request may take (pkg/server/filters/priority-and-fairness.go). */
const WAIT_MAX_MS = 15_000

/** Which schema and priority level a request is of. */
export interface Classified {
  readonly schema: FlowSchema
  readonly level: PriorityLevelConfiguration
}

/**
 * API priority and fairness (k8s.io/apiserver pkg/util/flowcontrol), less its accounting of work: each priority level
 * has its share of the seats, and its flows take turns. Requests of the exempt level are never held up.
 */
export class FlowControl {
  readonly #store: Store
  readonly #clock: Clock
  readonly #seats = new Map<string, Seats>()
  #schemas: readonly FlowSchema[] | undefined
  #levels: ReadonlyMap<string, PriorityLevelConfiguration> | undefined

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store
    this.#clock = clock
    store.watch(SCHEMAS, store.revision, () => (this.#schemas = undefined))
    store.watch(LEVELS, store.revision, () => (this.#levels = undefined))
  }

  /** The first schema that a request matches; nothing while there are no schemas yet. */
  classify(attributes: Attributes): Classified | undefined {
    const levels = this.#currentLevels()
    for (const schema of this.#currentSchemas()) {
      const level = levels.get(schema.spec?.priorityLevelConfiguration.name ?? '')
      if (level !== undefined && matchesFlowSchema(schema, attributes)) return { schema, level }
    }
    return undefined
  }

  /** Resolves with what says that the request is done, or with nothing when it has to be refused. */
  admit({ schema, level }: Classified, attributes: Attributes): Promise<(() => void) | undefined> {
    if (level.spec?.type !== 'Limited') return Promise.resolve(() => undefined)
    const seats = this.#seats.get(level.metadata.name)
    return seats === undefined ? Promise.resolve(() => undefined) : seats.take(flowOf(schema, attributes), WAIT_MAX_MS)
  }

  #currentSchemas(): readonly FlowSchema[] {
    this.#schemas ??= (this.#store.list(SCHEMAS).items as readonly FlowSchema[]).toSorted(
      (a, b) =>
        (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )
    return this.#schemas
  }

  #currentLevels(): ReadonlyMap<string, PriorityLevelConfiguration> {
    if (this.#levels !== undefined) return this.#levels
    const all = this.#store.list(LEVELS).items as readonly PriorityLevelConfiguration[]
    const shares = all.reduce((sum, level) => sum + sharesOf(level), 0)
    for (const level of all) {
      const { name } = level.metadata
      const size = {
        seats: Math.max(1, Math.ceil((SEATS_TOTAL * sharesOf(level)) / Math.max(1, shares))),
        waitingMax: waitingMaxOf(level),
      }
      const known = this.#seats.get(name)
      if (known === undefined) this.#seats.set(name, new Seats({ clock: this.#clock, ...size }))
      else known.resize(size)
    }
    this.#levels = new Map(all.map((level) => [level.metadata.name, level]))
    return this.#levels
  }
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  return spec?.limited?.nominalConcurrencyShares ?? spec?.exempt?.nominalConcurrencyShares ?? 0
}

function waitingMaxOf({ spec }: PriorityLevelConfiguration): number {
  const { type, queuing } = spec?.limited?.limitResponse ?? {}
  return type === 'Queue' ? (queuing?.queues ?? 0) * (queuing?.queueLengthLimit ?? 0) : 0
}

/** What is fair is fair between users, or between namespaces. */
function flowOf({ metadata, spec }: FlowSchema, { user, resource }: Attributes): string {
  const by = spec?.distinguisherMethod?.type
  const who = by === 'ByUser' ? user.username : by === 'ByNamespace' ? (resource?.namespace ?? '') : ''
  return `${metadata.name}/${who}`
}
