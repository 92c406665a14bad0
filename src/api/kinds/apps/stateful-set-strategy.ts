import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { PersistentVolumeClaim, StatefulSet, StatefulSetUpdateStrategy } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { defaultClaimSpec } from '../pod-spec/default-volumes.ts'
import { unchecked } from '../validation/unchecked.ts'

const REPLICAS = 1
const REVISION_HISTORY_LIMIT = 10
const ROLLING_UPDATE = { partition: 0, maxUnavailable: 1 }
const UPDATE_STRATEGY: StatefulSetUpdateStrategy = { type: 'RollingUpdate', rollingUpdate: ROLLING_UPDATE }
const RETAIN_CLAIMS = { whenDeleted: 'Retain', whenScaled: 'Retain' }
const PENDING = { phase: 'Pending' }

/** pkg/apis/apps/v1/defaults.go SetDefaults_StatefulSet. */
export function defaultStatefulSet(set: StatefulSet): StatefulSet {
  const { spec } = set
  const { persistentVolumeClaimRetentionPolicy: retention, volumeClaimTemplates } = spec
  return changed(set, {
    spec: changed(spec, {
      podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
      updateStrategy: defaultUpdateStrategy(spec.updateStrategy),
      persistentVolumeClaimRetentionPolicy:
        retention === undefined
          ? RETAIN_CLAIMS
          : changed(retention, {
              whenDeleted: retention.whenDeleted || 'Retain',
              whenScaled: retention.whenScaled || 'Retain',
            }),
      replicas: spec.replicas ?? REPLICAS,
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISION_HISTORY_LIMIT,
      template: defaultPodTemplate(spec.template),
      volumeClaimTemplates: volumeClaimTemplates && mapChanged(volumeClaimTemplates, defaultClaimTemplate),
    }),
  })
}

/** A strategy whose type was left out gets all of the rolling update; one that names it gets only what it began. */
function defaultUpdateStrategy(strategy: StatefulSetUpdateStrategy | undefined): StatefulSetUpdateStrategy {
  if (strategy === undefined) return UPDATE_STRATEGY
  const { type = '', rollingUpdate = type === '' ? {} : undefined } = strategy
  if (type !== '' && type !== 'RollingUpdate') return strategy
  return changed(strategy, {
    type: 'RollingUpdate',
    rollingUpdate:
      rollingUpdate &&
      changed(rollingUpdate, {
        partition: rollingUpdate.partition ?? ROLLING_UPDATE.partition,
        maxUnavailable: rollingUpdate.maxUnavailable ?? ROLLING_UPDATE.maxUnavailable,
      }),
  })
}

/** Claims within a set are whole objects, which say of themselves what they are. */
function defaultClaimTemplate(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { spec = {}, status = PENDING } = unchecked(claim)
  return changed(claim, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: defaultClaimSpec(spec),
    status: changed(status, { phase: status.phase || 'Pending' }),
  })
}
