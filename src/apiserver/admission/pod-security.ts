import { forbidden, invalid } from '../../api/errors.ts'
import { type ApiObject, controllerOf } from '../../api/object.ts'
import type { Container, CronJob, Namespace, Pod, PodTemplate, PodTemplateSpec } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Store } from '../../store/store.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { printViolations, violationsOf } from './pod-security/evaluate.ts'
import { isAtMost, isOpen, type LevelVersion, type Policy, policyOf, printLevel } from './pod-security/policy.ts'
import type { PodLike } from './pod-security/violation.ts'

/** How many pods of a namespace are looked at when its level changes (pkg/admission: defaultNamespaceMaxPodsToCheck). */
const PODS_MAX = 3_000

/** Subresources of pods that leave the pod as it is. */
const HARMLESS: ReadonlySet<string> = new Set([
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
])

/** Kinds that make pods, by path; what they would make is warned about. */
const TEMPLATE_KINDS: ReadonlySet<string> = new Set([
  '/podtemplates',
  '/replicationcontrollers',
  'apps/replicasets',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
])

/** Pods keep the standard that their namespace's labels ask for (k8s.io/pod-security-admission admission). */
export function podSecurity(): AdmissionPlugin {
  const policies = new WeakMap<ApiObject, Policy>()
  const policyIn = ({ namespace = '' }: AdmissionRequest, store: Store): Policy | undefined => {
    const home = store.get('/namespaces', { name: namespace })
    if (home === undefined) return undefined
    let policy = policies.get(home)
    if (policy === undefined) policies.set(home, (policy = policyOf(home.metadata.labels).policy))
    return policy
  }
  return {
    name: 'PodSecurity',

    validate(request, { store }) {
      const { kind, operation, subresource } = request
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      const path = `${kind.group}/${kind.plural}`
      if (path === '/namespaces') {
        if (subresource === undefined) checkNamespace(request, store)
      } else if (path === '/pods') {
        if (subresource !== undefined && HARMLESS.has(subresource)) return
        const policy = policyIn(request, store)
        if (policy !== undefined && !isOpen(policy) && isSignificant(request)) checkPod(request, policy)
      } else if (TEMPLATE_KINDS.has(path) && subresource === undefined) {
        const policy = policyIn(request, store)
        if (policy !== undefined && policy.warn.level !== 'privileged') warnOfTemplate(request, policy)
      }
    },
  }
}

function checkPod(request: AdmissionRequest, { enforce, warn }: Policy): void {
  const pod = likePod(request.object as Pod)
  const broken = violationsOf(pod, enforce)
  if (broken.length > 0) {
    const why = `violates PodSecurity ${JSON.stringify(printLevel(enforce))}: ${printViolations(broken)}`
    throw forbidden({ group: '', resource: request.kind.plural }, request.name, why)
  }
  if (!deepEqual(warn, enforce)) warnOf(request, pod, warn)
}

function warnOfTemplate(request: AdmissionRequest, { warn }: Policy): void {
  const template = templateOf(request.object as ApiObject)
  if (template?.spec !== undefined) warnOf(request, likePod(template as Pick<Pod, 'metadata' | 'spec'>), warn)
}

function warnOf(request: AdmissionRequest, pod: PodLike, level: LevelVersion): void {
  const broken = violationsOf(pod, level)
  if (broken.length === 0) return
  request.warn?.(`would violate PodSecurity ${JSON.stringify(printLevel(level))}: ${printViolations(broken)}`)
}

function likePod({ metadata, spec }: Pick<Pod, 'spec'> & { readonly metadata?: Partial<Pod['metadata']> }): PodLike {
  return { annotations: metadata?.annotations ?? {}, spec }
}

function templateOf(object: ApiObject): PodTemplateSpec | undefined {
  if (object.kind === 'PodTemplate') return (object as PodTemplate).template
  if (object.kind === 'CronJob') return (object as CronJob).spec?.jobTemplate.spec?.template
  return (object as { readonly spec?: { readonly template?: PodTemplateSpec } }).spec?.template
}

/** Of a pod that is there already, only images and ephemeral containers can change in ways that matter here. */
function isSignificant({ operation, object, old }: AdmissionRequest): boolean {
  if (operation === 'CREATE' || old === undefined) return true
  const [now, before] = [object as Pod, old as Pod].map(({ spec }) => [
    spec.containers,
    spec.initContainers ?? [],
    (spec.ephemeralContainers ?? []) as readonly Container[],
  ])
  const images = (lists: readonly (readonly Container[])[] | undefined): unknown =>
    lists?.map((list) => list.map(({ name, image }) => [name, image]))
  return !deepEqual(images(now), images(before))
}

/** Labels must be readable, and a stricter level warns of the pods that would not be let in under it. */
function checkNamespace(request: AdmissionRequest, store: Store): void {
  const { object, old, operation, name } = request
  const { policy, causes } = policyOf((object as Namespace).metadata.labels)
  const before = policyOf(old?.metadata.labels)
  if (causes.length > 0 && (operation === 'CREATE' || !deepEqual(causes, before.causes))) {
    throw invalid('', 'Namespace', name, causes)
  }
  if (operation === 'CREATE' || deepEqual(policy.enforce, before.policy.enforce)) return
  const { level, minor } = policy.enforce
  if (level === 'privileged') return
  if (minor === before.policy.enforce.minor && isAtMost(level, before.policy.enforce.level)) return
  for (const warning of warningsFor(name, policy.enforce, store)) request.warn?.(warning)
}

function warningsFor(namespace: string, level: LevelVersion, store: Store): readonly string[] {
  const pods = prioritized(store.list('/pods', namespace).items as readonly unknown[] as readonly Pod[])
  const checked = pods.slice(0, PODS_MAX)
  const byReason = new Map<string, string[]>()
  for (const pod of checked) {
    const reason = violationsOf(likePod(pod), level)
      .map((violation) => violation.reason)
      .join(', ')
    if (reason !== '') byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name])
  }
  const lines = [...byReason].map(([reason, names]) => `${printPods(names)}: ${reason}`).toSorted()
  const what = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level`
  return [
    ...(checked.length < pods.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`,
        ]
      : []),
    ...(lines.length === 0 ? [] : [`${what} ${JSON.stringify(printLevel(level))}`]),
    ...lines,
  ]
}

/** One pod of each controller first: the others are like it. */
function prioritized(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>()
  const [first, rest]: [Pod[], Pod[]] = [[], []]
  for (const pod of pods) {
    const uid = controllerOf(pod)?.uid
    if (uid !== undefined && seen.has(uid)) rest.push(pod)
    else first.push(pod)
    if (uid !== undefined) seen.add(uid)
  }
  return [...first, ...rest]
}

function printPods(names: readonly string[]): string {
  const [first = ''] = names.toSorted()
  if (names.length === 1) return first
  return names.length === 2 ? `${first} (and 1 other pod)` : `${first} (and ${names.length - 1} other pods)`
}
