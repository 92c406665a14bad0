import { changed } from '../../../base/copy-on-write.ts'
import type { Deployment, DeploymentStrategy, RollingUpdateDeployment } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'

const REPLICAS = 1
const REVISION_HISTORY_LIMIT = 10
const PROGRESS_DEADLINE_SECONDS = 600
const ROLLING_UPDATE: RollingUpdateDeployment = { maxUnavailable: '25%', maxSurge: '25%' }
const STRATEGY: DeploymentStrategy = { type: 'RollingUpdate', rollingUpdate: ROLLING_UPDATE }

/** pkg/apis/apps/v1/defaults.go SetDefaults_Deployment. */
export function defaultDeployment(deployment: Deployment): Deployment {
  const { spec } = deployment
  return changed(deployment, {
    spec: changed(spec, {
      replicas: spec.replicas ?? REPLICAS,
      strategy: defaultStrategy(spec.strategy),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? REVISION_HISTORY_LIMIT,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? PROGRESS_DEADLINE_SECONDS,
      template: defaultPodTemplate(spec.template),
    }),
  })
}

/** pkg/registry/apps/deployment/strategy.go PrepareForCreate. */
export function prepareDeploymentForCreate(deployment: Deployment): Deployment {
  return { ...deployment, status: {} }
}

/** The controller's own mark. Upstream's writes it through `/status`, where no generation begins. */
const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision'

/** Annotations belong to what a rollout records, so that a change of them is a new generation too. */
export function prepareDeploymentForUpdate(submitted: Deployment, old: Deployment): Deployment {
  const deployment = keepStatus(submitted, old)
  if (semanticEqual(recordedBy(deployment), recordedBy(old))) return deployment
  const generation = (old.metadata.generation ?? 0) + 1
  return { ...deployment, metadata: { ...deployment.metadata, generation } }
}

function recordedBy({ metadata }: Deployment): Readonly<Record<string, string>> {
  const { [REVISION_ANNOTATION]: _, ...recorded } = metadata.annotations ?? {}
  return recorded
}

function defaultStrategy(strategy: DeploymentStrategy | undefined): DeploymentStrategy {
  if (strategy === undefined) return STRATEGY
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
