import { changed } from '../../../base/copy-on-write.ts'
import type { DaemonSet, DaemonSetUpdateStrategy } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'

const REVISION_HISTORY_LIMIT = 10
const ROLLING_UPDATE = { maxUnavailable: 1, maxSurge: 0 }
const UPDATE_STRATEGY: DaemonSetUpdateStrategy = { type: 'RollingUpdate', rollingUpdate: ROLLING_UPDATE }
const INITIAL_STATUS = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }

/** Where the count of templates stands since it has no field of its own any more: k8s.io/api apps/v1 types.go. */
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation'

/** pkg/apis/apps/v1/defaults.go SetDefaults_DaemonSet. */
export function defaultDaemonSet(set: DaemonSet): DaemonSet {
  const { spec } = set
  return changed(set, {
    spec: changed(spec, {
      updateStrategy: defaultUpdateStrategy(spec.updateStrategy),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISION_HISTORY_LIMIT,
      template: defaultPodTemplate(spec.template),
    }),
  })
}

/** pkg/registry/apps/daemonset/strategy.go PrepareForCreate. */
export function prepareDaemonSetForCreate(set: DaemonSet): DaemonSet {
  return { ...withTemplateGeneration(set, Math.max(1, templateGeneration(set))), status: INITIAL_STATUS }
}

/** Templates are counted by the server alone. */
export function prepareDaemonSetForUpdate(submitted: DaemonSet, old: DaemonSet): DaemonSet {
  const set = defaultDaemonSet(keepStatus(submitted, old))
  const before = templateGeneration(old)
  const sameTemplate = semanticEqual(set.spec.template, old.spec.template)
  return withTemplateGeneration(set, sameTemplate ? before : before + 1)
}

function templateGeneration({ metadata }: DaemonSet): number {
  const text = metadata.annotations?.[GENERATION_ANNOTATION] ?? ''
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0
}

function withTemplateGeneration(set: DaemonSet, generation: number): DaemonSet {
  const { metadata } = set
  const annotations = changed(metadata.annotations ?? {}, { [GENERATION_ANNOTATION]: String(generation) })
  return changed(set, { metadata: changed(metadata, { annotations }) })
}

function defaultUpdateStrategy(strategy: DaemonSetUpdateStrategy | undefined): DaemonSetUpdateStrategy {
  if (strategy === undefined) return UPDATE_STRATEGY
  const type = strategy.type || 'RollingUpdate'
  if (type !== 'RollingUpdate') return strategy
  const { rollingUpdate } = strategy
  return changed(strategy, {
    type,
    rollingUpdate:
      rollingUpdate === undefined
        ? ROLLING_UPDATE
        : changed(rollingUpdate, {
            maxUnavailable: rollingUpdate.maxUnavailable ?? ROLLING_UPDATE.maxUnavailable,
            maxSurge: rollingUpdate.maxSurge ?? ROLLING_UPDATE.maxSurge,
          }),
  })
}
