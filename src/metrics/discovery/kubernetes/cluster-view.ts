import type { Kind } from '../../../api/kind.ts'
import { type ApiObject, controllerOf, type ObjectMeta } from '../../../api/object.ts'
import { ReplicaSet } from '../../../api/kinds/apps/replica-set.ts'
import { Job } from '../../../api/kinds/batch/job.ts'
import { Namespace } from '../../../api/kinds/core/namespace.ts'
import { Node } from '../../../api/kinds/core/node.ts'
import { Pod } from '../../../api/kinds/core/pod.ts'
import { Service } from '../../../api/kinds/core/service.ts'
import type { Informers } from '../../../client/informers.ts'
import type { KubernetesDiscoveryConfig } from '../../config/discoveries.ts'

export type LabelSet = Record<string, string>

export const META = '__meta_kubernetes_'
export const NAMESPACE_LABEL = `${META}namespace`

/** What of other objects the labels of a target tell, as far as the configuration asks for it. */
export class ClusterView {
  readonly #informers: Informers
  readonly attach: KubernetesDiscoveryConfig['attach_metadata']
  /** Pods that a selector hides are not there. */
  readonly #isVisible: (kind: Kind, object: ApiObject) => boolean

  constructor(
    informers: Informers,
    options: {
      attach: KubernetesDiscoveryConfig['attach_metadata']
      isVisible: (kind: Kind, object: ApiObject) => boolean
    },
  ) {
    this.#informers = informers
    this.attach = options.attach
    this.#isVisible = options.isVisible
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#get(Pod, { namespace, name })
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#get(Service, { namespace, name })
  }

  node(name: string): Node | undefined {
    return this.#get(Node, { name })
  }

  /** Labels and annotations of a node, when they are asked for. */
  nodeLabels(name: string | undefined): LabelSet {
    if (!this.attach.node || name === undefined) return {}
    const node = this.node(name)
    return node === undefined ? {} : objectLabels('node', node.metadata)
  }

  /** Labels and annotations of a namespace, when they are asked for. */
  namespaceLabels(name: string | undefined): LabelSet {
    if (!this.attach.namespace || name === undefined) return {}
    const namespace = this.#get(Namespace, { name })
    return namespace === undefined ? {} : describingLabels('namespace', namespace.metadata)
  }

  /** What controls the pod's controller, when it is asked for. */
  ownerLabels(pod: Pod): LabelSet {
    const controller = controllerOf(pod)
    if (controller === undefined) return {}
    const { attach } = this
    const key = { namespace: pod.metadata.namespace ?? '', name: controller.name }
    if (controller.kind === 'ReplicaSet' && attach.deployment) {
      return ownerLabel(this.#get(ReplicaSet, key), { kind: 'Deployment', label: `${META}pod_deployment_name` })
    }
    if (controller.kind !== 'Job') return {}
    return {
      ...(attach.job && { [`${META}pod_job_name`]: controller.name }),
      ...(attach.cronjob && ownerLabel(this.#get(Job, key), { kind: 'CronJob', label: `${META}pod_cronjob_name` })),
    }
  }

  #get<T extends ApiObject>(kind: Kind<T>, key: { namespace?: string; name: string }): T | undefined {
    const object = this.#informers.of(kind).get(key)
    return object !== undefined && this.#isVisible(kind as unknown as Kind, object) ? object : undefined
  }
}

function ownerLabel(object: ApiObject | undefined, options: { kind: string; label: string }): LabelSet {
  const owner = object === undefined ? undefined : controllerOf(object)
  return owner?.kind === options.kind ? { [options.label]: owner.name } : {}
}

/** Name, labels and annotations of an object, under the name of its role. */
export function objectLabels(role: string, metadata: ObjectMeta): LabelSet {
  return { [`${META}${role}_name`]: metadata.name ?? '', ...describingLabels(role, metadata) }
}

function describingLabels(role: string, { labels = {}, annotations = {} }: ObjectMeta): LabelSet {
  const set: LabelSet = {}
  for (const [kind, values] of [
    ['label', labels],
    ['annotation', annotations],
  ] as const) {
    for (const [name, value] of Object.entries(values)) {
      const suffix = sanitized(name)
      set[`${META}${role}_${kind}_${suffix}`] = value
      set[`${META}${role}_${kind}present_${suffix}`] = 'true'
    }
  }
  return set
}

/** A text as a part of a label's name. */
export function sanitized(text: string): string {
  return text.replace(/[^a-zA-Z0-9_]/g, '_')
}

/** Brackets around addresses that have colons in them. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
