import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { ObjectMeta } from '../../object.ts'
import type { Job, JobSpec, PodFailurePolicyRule, PodTemplateSpec } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'

const INT32_MAX = 2 ** 31 - 1
const BACKOFF_LIMIT = 6

/** What tells the pods of one Job from those of others; the names without a prefix are older (k8s.io/api batch/v1). */
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name'
export const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid'
export const LEGACY_JOB_NAME_LABEL = 'job-name'
export const LEGACY_CONTROLLER_UID_LABEL = 'controller-uid'

/** pkg/apis/batch/v1/defaults.go SetDefaults_Job. A Job without labels has those of its pods. */
export function defaultJob(job: Job): Job {
  const spec = defaultSpec(job.spec)
  const templateLabels = spec.template.metadata?.labels
  const hasLabels = Object.keys(job.metadata.labels ?? {}).length > 0
  return changed(job, {
    metadata: hasLabels ? job.metadata : changed(job.metadata, { labels: templateLabels }),
    spec,
  })
}

/** What of a Job's spec is filled in wherever it stands, in a CronJob too. */
export function defaultJobTemplate(spec: JobSpec): JobSpec {
  const { podFailurePolicy } = spec
  return changed(spec, {
    template: defaultPodTemplate(spec.template),
    podFailurePolicy:
      podFailurePolicy &&
      changed(podFailurePolicy, { rules: mapChanged(podFailurePolicy.rules ?? [], defaultFailureRule) }),
  })
}

/** pkg/registry/batch/job/strategy.go PrepareForCreate: unless told otherwise the server selects the Job's pods. */
export function prepareJobForCreate(submitted: Job): Job {
  const job = { ...submitted, status: {} }
  return job.spec.manualSelector === true ? job : withGeneratedSelector(job)
}

function defaultSpec(given: JobSpec): JobSpec {
  const spec = defaultJobTemplate(given)
  const { parallelism, completions, backoffLimitPerIndex, podFailurePolicy } = spec
  return changed(spec, {
    completions: completions === undefined && parallelism === undefined ? 1 : completions,
    parallelism: parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : INT32_MAX),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy:
      spec.podReplacementPolicy ?? (podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'),
    manualSelector: spec.manualSelector ?? false,
  })
}

function defaultFailureRule(rule: PodFailurePolicyRule): PodFailurePolicyRule {
  const { onPodConditions } = rule
  return changed(rule, {
    onPodConditions:
      onPodConditions &&
      mapChanged(onPodConditions, (pattern) => changed(pattern, { status: pattern.status || 'True' })),
  })
}

function withGeneratedSelector(job: Job): Job {
  const { spec, metadata } = job
  const uid = metadata.uid ?? ''
  return {
    ...job,
    spec: {
      ...spec,
      selector: {
        ...spec.selector,
        matchLabels: { [CONTROLLER_UID_LABEL]: uid, ...spec.selector?.matchLabels },
      },
      template: withJobLabels(spec.template, { name: metadata.name, uid }),
    },
  }
}

/** Labels that the user chose are kept; where they contradict, validation refuses them. */
function withJobLabels(template: PodTemplateSpec, { name, uid }: { name: string; uid: string }): PodTemplateSpec {
  const labels = {
    [LEGACY_JOB_NAME_LABEL]: name,
    [JOB_NAME_LABEL]: name,
    [LEGACY_CONTROLLER_UID_LABEL]: uid,
    [CONTROLLER_UID_LABEL]: uid,
    ...template.metadata?.labels,
  }
  return { ...template, metadata: { ...template.metadata, labels } as ObjectMeta }
}
