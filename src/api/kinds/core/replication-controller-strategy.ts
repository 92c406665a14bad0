import { changed } from '../../../base/copy-on-write.ts'
import type { ReplicationController, ReplicationControllerSpec } from '../../types.generated.ts'
import { defaultPodTemplate } from '../pod-spec/default-pod-spec.ts'
import { podTemplateWarnings } from '../pod-spec/pod-warnings.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/v1/defaults.go SetDefaults_ReplicationController: the template's labels are the selector, and its own. */
export function defaultReplicationController(controller: ReplicationController): ReplicationController {
  const { spec = {} } = unchecked(controller)
  const labels = spec.template?.metadata?.labels
  return changed(controller, {
    metadata: changed(controller.metadata, {
      labels: isEmpty(controller.metadata.labels) ? labels : controller.metadata.labels,
    }),
    spec: defaultSpec(spec),
  })
}

/** pkg/registry/core/replicationcontroller/strategy.go PrepareForCreate. */
export function prepareReplicationControllerForCreate(controller: ReplicationController): ReplicationController {
  return { ...controller, status: { replicas: 0 } }
}

export function* replicationControllerWarnings({ spec }: ReplicationController): Generator<string> {
  if (spec.template !== undefined) yield* podTemplateWarnings(spec.template, 'spec.template')
}

function defaultSpec(spec: ReplicationControllerSpec): ReplicationControllerSpec {
  return changed(spec, {
    replicas: spec.replicas ?? 1,
    selector: isEmpty(spec.selector) ? spec.template?.metadata?.labels : spec.selector,
    template: spec.template && defaultPodTemplate(spec.template),
  })
}

function isEmpty(labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels === undefined || Object.keys(labels).length === 0
}
