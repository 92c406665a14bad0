import type { Job } from '../../api/kinds/batch/job.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { Container } from '../../api/types.generated.ts'
import { podFromTemplate } from '../pods/pod-template.ts'
import { judgeFailure } from './failure-policy.ts'
import {
  COMPLETION_INDEX,
  INDEX_FAILURES,
  INDEX_IGNORED_FAILURES,
  indexFailures,
  indexIgnoredFailures,
  isIndexed,
  TRACKING_FINALIZER,
} from './job-facts.ts'

/** Generated names keep this much of their prefix (k8s.io/apiserver pkg/storage/names). */
const GENERATE_PREFIX_MAX = 58
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX'

/** What makes the pods of a Job: all alike, or one for each index. `replaced` is the failed pod whose index it takes. */
export function jobPods(job: Job): (index: number, replaced: Pod | undefined) => Pod {
  const pod = podFromTemplate(job, job.spec.template)
  const finalizers = [...new Set([...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER])]
  const tracked: Pod = { ...pod, metadata: { ...pod.metadata, finalizers } }
  if (!isIndexed(job)) return () => tracked
  const spec = withIndexVariable(pod.spec)
  return (index, replaced) => {
    const text = String(index)
    return {
      ...tracked,
      metadata: {
        ...tracked.metadata,
        generateName: prefixFor(job.metadata.name, index),
        labels: { ...tracked.metadata.labels, [COMPLETION_INDEX]: text },
        annotations: {
          ...tracked.metadata.annotations,
          [COMPLETION_INDEX]: text,
          ...(job.spec.backoffLimitPerIndex === undefined ? {} : failureCounts(job, replaced)),
        },
      },
      spec: { ...spec, hostname: `${job.metadata.name}-${index}` },
    }
  }
}

function prefixFor(name: string, index: number): string {
  const suffix = `-${index}-`
  return name.slice(0, GENERATE_PREFIX_MAX - suffix.length) + suffix
}

function failureCounts(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (replaced === undefined) return { [INDEX_FAILURES]: '0' }
  const { counts } = judgeFailure(job.spec.podFailurePolicy, replaced)
  const failures = indexFailures(replaced) + (counts ? 1 : 0)
  const ignored = indexIgnoredFailures(replaced) + (counts ? 0 : 1)
  return {
    [INDEX_FAILURES]: String(failures),
    ...(ignored === 0 ? {} : { [INDEX_IGNORED_FAILURES]: String(ignored) }),
  }
}

/** Every container learns its pod's index from the environment, unless it brings a variable of that name. */
function withIndexVariable(spec: Pod['spec']): Pod['spec'] {
  const { initContainers } = spec
  return {
    ...spec,
    containers: spec.containers.map(learnIndex),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(learnIndex) }),
  }
}

function learnIndex(container: Container): Container {
  const { env = [] } = container
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${COMPLETION_INDEX}']` }
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] }
}
