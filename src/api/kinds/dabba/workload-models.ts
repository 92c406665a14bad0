import { quantityMilli } from '../../quantity-cache.ts'
import { EVERYTHING, type LabelMatcher, NOTHING, SelectorError } from '../../selectors/label-matcher.ts'
import { matcherOfSelector } from '../../selectors/label-selector.ts'
import { type Behaviour, defaultBehaviour, type SectionName } from './behaviour.ts'
import {
  compileHooks,
  compileImage,
  compileLogs,
  compileProbes,
  compileRuns,
  compileStart,
  compileTermination,
  compileUsage,
} from './compile-sections.ts'
import { compileServes } from './compile-serves.ts'
import { literalLength, matchesGlob } from './glob.ts'
import type { WorkloadModel, WorkloadSelector } from './workload-model.ts'

/** A container, as far as WorkloadModels can tell one from another. */
export interface ModelledContainer {
  readonly namespace: string
  /** Of the pod. */
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly image: string
  readonly name: string
  /** An init container that is no sidecar, or a container of a pod whose restartPolicy is not Always. */
  readonly runsToEnd: boolean
  readonly requests?: Readonly<Record<string, string | number>> | undefined
  readonly limits?: Readonly<Record<string, string | number>> | undefined
}

const SECTIONS: readonly SectionName[] = [
  'image',
  'start',
  'runs',
  'logs',
  'usage',
  'serves',
  'probes',
  'hooks',
  'termination',
]

/** All models there are, at one moment. When one changes, make a new value: what was drawn from the old one stays as it is. */
export class WorkloadModels {
  readonly #candidates: readonly Candidate[]
  /** Containers with equal sources share one behaviour: ten thousand pods of one template compile once. */
  readonly #behaviours = new Map<string, Behaviour>()

  constructor(models: Iterable<WorkloadModel>) {
    this.#candidates = Array.from(models, candidateOf)
  }

  /** What a container does. */
  behaviourOf(container: ModelledContainer): Behaviour {
    const ranked = this.#candidates
      .filter((candidate) => selects(candidate, container))
      .map((candidate) => ({ candidate, rank: rankOf(candidate, container.image) }))
      .toSorted((left, right) => compareRanks(left.rank, right.rank) || compareNames(left.candidate, right.candidate))
    const sources = SECTIONS.map(
      (name) => ranked.find(({ candidate }) => name in candidate.model.spec)?.candidate.model,
    )
    const requested = requestedBy(container)
    const key = JSON.stringify([sources.map((model) => model?.metadata.name), container.runsToEnd, requested])
    let behaviour = this.#behaviours.get(key)
    if (behaviour === undefined) {
      behaviour = compose(sources, container.runsToEnd, requested)
      this.#behaviours.set(key, behaviour)
    }
    return behaviour
  }
}

interface Candidate {
  readonly model: WorkloadModel
  readonly labels: LabelMatcher
}

type Requested = { readonly cores: number; readonly bytes: number; readonly storageBytes: number }

function candidateOf(model: WorkloadModel): Candidate {
  return { model, labels: labelsOf(model.spec.selector) }
}

/** A definition cannot say which keys `matchLabels` may have; one that no label can have selects no pod. */
function labelsOf({ podSelector }: WorkloadSelector): LabelMatcher {
  if (podSelector === undefined) return EVERYTHING
  try {
    return matcherOfSelector(podSelector)
  } catch (error) {
    if (error instanceof SelectorError) return NOTHING
    throw error
  }
}

function selects({ model, labels }: Candidate, container: ModelledContainer): boolean {
  const { namespaces, images, containers } = model.spec.selector
  return (
    matchesAny(namespaces, container.namespace) &&
    matchesAny(images, container.image) &&
    matchesAny(containers, container.name) &&
    labels.matches(container.labels)
  )
}

function matchesAny(patterns: readonly string[] | undefined, text: string): boolean {
  return patterns === undefined || patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, text))
}

/** The precedence of WorkloadModel, greater first, down to the name. */
function rankOf({ model, labels }: Candidate, image: string): readonly number[] {
  const { selector, priority = 0 } = model.spec
  const { containers = [], namespaces = [] } = selector
  return [
    priority,
    labels.isEmpty ? 0 : 1,
    containers.length === 0 ? 0 : 1,
    literalOf(selector, image),
    namespaces.length === 0 ? 0 : 1,
  ]
}

function literalOf({ images = [] }: WorkloadSelector, image: string): number {
  return Math.max(0, ...images.filter((pattern) => matchesGlob(pattern, image)).map(literalLength))
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  const index = left.findIndex((value, at) => value !== right[at])
  return index < 0 ? 0 : (right[index] ?? 0) - (left[index] ?? 0)
}

function compareNames(left: Candidate, right: Candidate): number {
  return left.model.metadata.name < right.model.metadata.name ? -1 : 1
}

function requestedBy({ requests, limits }: ModelledContainer): Requested {
  const amount = (resource: string): number => quantityMilli(requests?.[resource] ?? limits?.[resource] ?? 0) / 1_000
  return { cores: amount('cpu'), bytes: amount('memory'), storageBytes: amount('ephemeral-storage') }
}

function compose(sources: readonly (WorkloadModel | undefined)[], runsToEnd: boolean, requested: Requested): Behaviour {
  const fallback = defaultBehaviour({ runsToEnd, requestedCores: requested.cores, requestedBytes: requested.bytes })
  const [image, start, runs, logs, usage, serves, probes, hooks, termination] = sources.map((model) => model?.spec)
  const named = SECTIONS.map((name, index) => [name, sources[index]?.metadata.name] as const)
  return {
    image: given(image?.image, compileImage) ?? fallback.image,
    start: given(start?.start, compileStart) ?? fallback.start,
    runs: given(runs?.runs, compileRuns) ?? fallback.runs,
    logs: given(logs?.logs, compileLogs) ?? fallback.logs,
    usage: given(usage?.usage, (section) => compileUsage(section, fallback.usage, requested)) ?? fallback.usage,
    serves: given(serves?.serves, compileServes) ?? fallback.serves,
    probes: given(probes?.probes, compileProbes) ?? fallback.probes,
    hooks: given(hooks?.hooks, compileHooks) ?? fallback.hooks,
    termination: given(termination?.termination, compileTermination) ?? fallback.termination,
    from: Object.fromEntries(named.filter(([, model]) => model !== undefined)),
  }
}

function given<Section, Compiled>(
  section: Section | undefined,
  compile: (section: Section) => Compiled,
): Compiled | undefined {
  return section === undefined ? undefined : compile(section)
}
