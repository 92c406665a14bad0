import type { ApiObject } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { ownName } from '../own-name.ts'

export interface Suggestion {
  readonly what: string
  readonly line: string
}

/** Kinds whose objects have pods. */
const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod']
/** What makes pods at once, and so has something to show. */
const SCALED = ['Deployment', 'StatefulSet']

const BARE: readonly Suggestion[] = [
  { what: 'see the nodes', line: 'kubectl get nodes' },
  { what: 'run something', line: 'kubectl create deployment web --image=nginx --replicas=3' },
  { what: 'watch its pods start', line: 'kubectl get pods -w' },
]

/** A few commands that show something on just this cluster. */
export function suggestions(
  applied: readonly ApiObject[],
  client: Client,
  browser: string | undefined,
): readonly Suggestion[] {
  const workloads = applied.filter(({ kind }) => WORKLOADS.includes(kind))
  if (workloads.length === 0) return BARE
  const namespace = busiest(workloads)
  const own = workloads.filter(({ metadata }) => metadata.namespace === namespace)
  const flag = flagOf(namespace)
  const roll = own.find(({ kind }) => SCALED.includes(kind))
  const placed = own.find(isNamedAhead) ?? workloads.find(isNamedAhead)
  return [
    { what: 'watch pods start', line: `kubectl get pods${flag} -w` },
    ...(browser === undefined ? [] : [{ what: 'then open it in a browser', line: browser }]),
    ...(roll === undefined ? [] : [{ what: 'replace pods, some at a time', line: restart(roll, client) }]),
    ...(placed === undefined ? [] : [{ what: 'ask why a pod is where it is', line: why(placed) }]),
    { what: 'see what happens', line: `kubectl events${flag} --watch` },
  ]
}

function restart(object: ApiObject, client: Client): string {
  const { singular } = client.kindOf(object)
  return `kubectl rollout restart ${singular}/${object.metadata.name}${flagOf(object.metadata.namespace)}`
}

function why({ kind, metadata }: ApiObject): string {
  const pod = kind === 'StatefulSet' ? `${metadata.name}-0` : metadata.name
  return `${ownName()} why pod/${pod}${flagOf(metadata.namespace)}`
}

/** Pods whose names are known before they are there. */
function isNamedAhead({ kind }: ApiObject): boolean {
  return kind === 'StatefulSet' || kind === 'Pod'
}

/** The namespace with the most workloads; of equals the first. */
function busiest(workloads: readonly ApiObject[]): string | undefined {
  const counts = new Map<string | undefined, number>()
  for (const { metadata } of workloads) counts.set(metadata.namespace, (counts.get(metadata.namespace) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0]
}

function flagOf(namespace: string | undefined): string {
  return namespace === undefined || namespace === 'default' ? '' : ` -n ${namespace}`
}
