import { changed, mapChanged, without } from '../../../base/copy-on-write.ts'
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec, Volume } from '../../types.generated.ts'
import { canonicalResources } from '../validation/resource-lists.ts'
import { type ContainerDefaults, defaultContainer, defaultEphemeralContainer } from './default-containers.ts'
import { defaultPodResources } from './default-pod-resources.ts'
import { defaultVolume } from './default-volumes.ts'

/** pkg/apis/core/types.go DefaultTerminationGracePeriodSeconds. */
const TERMINATION_GRACE_PERIOD_SECONDS = 30
const SCHEDULER_NAME = 'default-scheduler'

/**
 * Fills in what a pod's author left out. The answer is remembered by the spec's reference, and that of its lists by
 * theirs: all pods of one template get one and the same spec, and a spec that differs in a field or two (a pod that was
 * bound to a node) costs a handful of comparisons.
 */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  return remembered(spec.hostNetwork === true ? HOST_NETWORK_POD.specs : POD.specs, spec, fillPodSpec)
}

/** As `defaultPodSpec`, without what is filled in only once a template has become a pod. */
export function defaultTemplateSpec(spec: PodSpec): PodSpec {
  return remembered(TEMPLATE.specs, spec, (given) => fillSpec(given, TEMPLATE))
}

/** For every kind that holds a pod template. */
export function defaultPodTemplate(template: PodTemplateSpec): PodTemplateSpec {
  return remembered(templates, template, (given) =>
    changed(given, { spec: given.spec && defaultTemplateSpec(given.spec) }),
  )
}

interface Mode {
  readonly containerDefaults: ContainerDefaults
  readonly specs: WeakMap<PodSpec, PodSpec>
  readonly containers: WeakMap<readonly Container[], readonly Container[]>
}

const volumeLists = new WeakMap<readonly Volume[], readonly Volume[]>()
const ephemeralLists = new WeakMap<readonly EphemeralContainer[], readonly EphemeralContainer[]>()
const templates = new WeakMap<PodTemplateSpec, PodTemplateSpec>()

const TEMPLATE = mode({ requestsFromLimits: false, hostPorts: false })
const POD = mode({ requestsFromLimits: true, hostPorts: false })
const HOST_NETWORK_POD = mode({ requestsFromLimits: true, hostPorts: true })

function mode(containerDefaults: ContainerDefaults): Mode {
  return { containerDefaults, specs: new WeakMap(), containers: new WeakMap() }
}

function fillPodSpec(given: PodSpec): PodSpec {
  const spec = fillSpec(given, given.hostNetwork === true ? HOST_NETWORK_POD : POD)
  return changed(spec, {
    enableServiceLinks: spec.enableServiceLinks ?? true,
    resources: spec.resources && defaultPodResources(spec),
  })
}

/** pkg/apis/core/v1/defaults.go SetDefaults_PodSpec and zz_generated.defaults.go. */
function fillSpec(given: PodSpec, { containerDefaults, containers }: Mode): PodSpec {
  const spec = mirrorServiceAccount(given)
  const fillContainers = (list: readonly Container[]): readonly Container[] =>
    remembered(containers, list, () => mapChanged(list, (one) => defaultContainer(one, containerDefaults)))
  const { initContainers, ephemeralContainers, volumes, overhead } = spec
  return changed(spec, {
    dnsPolicy: spec.dnsPolicy || 'ClusterFirst',
    restartPolicy: spec.restartPolicy || 'Always',
    securityContext: spec.securityContext ?? {},
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? TERMINATION_GRACE_PERIOD_SECONDS,
    schedulerName: spec.schedulerName || SCHEDULER_NAME,
    containers: spec.containers && fillContainers(spec.containers),
    initContainers: initContainers && fillContainers(initContainers),
    ephemeralContainers:
      ephemeralContainers &&
      remembered(ephemeralLists, ephemeralContainers, (list) => mapChanged(list, defaultEphemeralContainer)),
    volumes: volumes && remembered(volumeLists, volumes, (list) => mapChanged(list, defaultVolume)),
    overhead: overhead && canonicalResources(overhead),
  })
}

/** `serviceAccount` is an old name of `serviceAccountName` and always says the same; the new name wins. */
function mirrorServiceAccount(spec: PodSpec): PodSpec {
  const name = spec.serviceAccountName || spec.serviceAccount || ''
  if (name === '') return without(without(spec, 'serviceAccount'), 'serviceAccountName')
  return changed(spec, { serviceAccountName: name, serviceAccount: name })
}

/** The answer for `key`, computed once for each reference. What is already filled in is its own answer. */
function remembered<T extends object>(answers: WeakMap<T, T>, key: T, fill: (key: T) => T): T {
  const known = answers.get(key)
  if (known !== undefined) return known
  const answer = fill(key)
  answers.set(key, answer)
  answers.set(answer, answer)
  return answer
}
