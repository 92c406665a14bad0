import { EVERYTHING, LabelMatcher, NOTHING } from '../api/selectors/label-matcher.ts'
import { matcherOfSelector } from '../api/selectors/label-selector.ts'
import type { LabelRequirement, Labels } from '../api/selectors/requirement.ts'
import type { Affinity, PodAffinityTerm, WeightedPodAffinityTerm } from '../api/types.generated.ts'

/** A term of pod (anti-)affinity, ready to be asked about pods. */
export interface AffinityTerm {
  /** Equal for terms that say the same: what is counted for one serves the other. */
  readonly key: string
  readonly namespaces: ReadonlySet<string>
  /** `NOTHING` when the term has no namespace selector. */
  readonly namespaceMatcher: LabelMatcher
  readonly matcher: LabelMatcher
  readonly topologyKey: string
}

export interface WeightedAffinityTerm extends AffinityTerm {
  readonly weight: number
}

export interface AffinityTerms {
  readonly requiredAffinity: readonly AffinityTerm[]
  readonly requiredAntiAffinity: readonly AffinityTerm[]
  readonly preferredAffinity: readonly WeightedAffinityTerm[]
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[]
}

export const NO_TERMS: AffinityTerms = {
  requiredAffinity: [],
  requiredAntiAffinity: [],
  preferredAffinity: [],
  preferredAntiAffinity: [],
}

/** What a term needs to know of a pod. */
export interface TermSubject {
  readonly namespace: string
  readonly labels: Labels
}

/** `owner` is the pod that has the terms. Throws a `SelectorError` when a selector breaks a rule. */
export function affinityTerms(affinity: Affinity | undefined, owner: TermSubject): AffinityTerms {
  const { podAffinity, podAntiAffinity } = affinity ?? {}
  if (podAffinity === undefined && podAntiAffinity === undefined) return NO_TERMS
  const required = (terms: readonly PodAffinityTerm[] = []): AffinityTerm[] => terms.map((term) => compile(term, owner))
  const preferred = (terms: readonly WeightedPodAffinityTerm[] = []): WeightedAffinityTerm[] =>
    terms.map(({ podAffinityTerm, weight }) => ({ ...compile(podAffinityTerm, owner), weight }))
  return {
    requiredAffinity: required(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: required(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferred(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferred(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** Whether the term is about this pod; `namespaceLabels` are those of the pod's namespace. */
export function termMatches(term: AffinityTerm, pod: TermSubject, namespaceLabels: Labels | undefined): boolean {
  if (!term.namespaces.has(pod.namespace) && !term.namespaceMatcher.matches(namespaceLabels)) return false
  return term.matcher.matches(pod.labels)
}

/** Whether all terms are about this one pod; no terms are about none. */
export function allTermsMatch(
  terms: readonly AffinityTerm[],
  pod: TermSubject,
  namespaceLabels: Labels | undefined,
): boolean {
  return terms.length > 0 && terms.every((term) => termMatches(term, pod, namespaceLabels))
}

/** Narrows a selector to the owner's own values of `matchLabelKeys`, and away from those of `mismatchLabelKeys`. */
export function withLabelKeys(
  matcher: LabelMatcher,
  labels: Labels,
  matchLabelKeys: readonly string[] = [],
  mismatchLabelKeys: readonly string[] = [],
): LabelMatcher {
  if (matcher === NOTHING) return matcher
  const extra: LabelRequirement[] = []
  for (const key of matchLabelKeys) {
    const value = labels[key]
    if (value !== undefined) extra.push({ key, operator: 'in', values: [value] })
  }
  for (const key of mismatchLabelKeys) {
    const value = labels[key]
    if (value !== undefined) extra.push({ key, operator: 'notin', values: [value] })
  }
  return extra.length === 0 ? matcher : new LabelMatcher([...matcher.requirements, ...extra])
}

function compile(term: PodAffinityTerm, owner: TermSubject): AffinityTerm {
  const { namespaceSelector, topologyKey, matchLabelKeys, mismatchLabelKeys } = term
  const named = term.namespaces ?? []
  const namespaces = named.length === 0 && namespaceSelector === undefined ? [owner.namespace] : named
  const namespaceMatcher = matcherOfSelector(namespaceSelector)
  const matcher = withLabelKeys(matcherOfSelector(term.labelSelector), owner.labels, matchLabelKeys, mismatchLabelKeys)
  const key = [namespaces.toSorted().join(','), textOf(namespaceMatcher), textOf(matcher), topologyKey].join('|')
  return { key, namespaces: new Set(namespaces), namespaceMatcher, matcher, topologyKey }
}

/** Distinguishes the selector that matches nothing from the one that matches everything. */
export function textOf(matcher: LabelMatcher): string {
  return matcher === NOTHING ? '<none>' : matcher === EVERYTHING ? '<all>' : matcher.toString()
}
