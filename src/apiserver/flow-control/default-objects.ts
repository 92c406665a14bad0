import {
  EXEMPT,
  MANDATORY_FLOW_SCHEMAS,
  MANDATORY_PRIORITY_LEVELS,
} from '../../api/kinds/flowcontrol/mandatory-objects.ts'
import type {
  FlowSchema,
  FlowSchemaSpec,
  FlowcontrolSubject,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from '../../api/types.generated.ts'

/** k8s.io/apiserver pkg/apis/flowcontrol/bootstrap/default.go: name, shares, lendable per cent, queues, hand size. */
const LEVELS: readonly (readonly [string, number, number, number, number])[] = [
  ['system', 30, 33, 64, 6],
  ['node-high', 40, 25, 64, 6],
  ['leader-election', 10, 0, 16, 4],
  ['workload-high', 40, 50, 128, 6],
  ['workload-low', 100, 90, 128, 6],
  ['global-default', 20, 50, 128, 6],
]
const QUEUE_LENGTH = 50

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1'
const ANNOTATIONS = { 'apf.kubernetes.io/autoupdate-spec': 'true' }

/** The priority levels that every cluster has. */
export function defaultPriorityLevels(): readonly PriorityLevelConfiguration[] {
  return [
    level(EXEMPT, { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    ...[...MANDATORY_PRIORITY_LEVELS].map(([name, spec]) => level(name, spec)),
    ...LEVELS.map(([name, nominalConcurrencyShares, lendablePercent, queues, handSize]) =>
      level(name, {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares,
          lendablePercent,
          limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: QUEUE_LENGTH } },
        },
      }),
    ),
  ]
}

/** The flow schemas that every cluster has. `now` is when they were found to be whole. */
export function defaultFlowSchemas(now: string): readonly FlowSchema[] {
  const everybody = groups('system:unauthenticated', 'system:authenticated')
  const manager = user('system:kube-controller-manager')
  const scheduler = user('system:kube-scheduler')
  const nodes = groups('system:nodes')
  const schema = (
    name: string,
    levelName: string,
    matchingPrecedence: number,
    rest: { by?: 'ByUser' | 'ByNamespace'; rule: PolicyRulesWithSubjects },
  ): FlowSchema =>
    flowSchema(now, name, {
      priorityLevelConfiguration: { name: levelName },
      matchingPrecedence,
      ...(rest.by === undefined ? {} : { distinguisherMethod: { type: rest.by } }),
      rules: [rest.rule],
    })
  return [
    ...[...MANDATORY_FLOW_SCHEMAS].map(([name, spec]) => flowSchema(now, name, spec)),
    schema('probes', EXEMPT, 2, {
      rule: {
        subjects: everybody,
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
      },
    }),
    schema('system-leader-election', 'leader-election', 100, {
      by: 'ByUser',
      rule: {
        subjects: [manager, scheduler, systemAccounts()],
        resourceRules: [leases(['get', 'create', 'update'])],
      },
    }),
    schema('system-node-high', 'node-high', 400, {
      by: 'ByUser',
      rule: {
        subjects: nodes,
        resourceRules: [{ ...everyResource(), apiGroups: [''], resources: ['nodes', 'nodes/status'] }, leases(['*'])],
      },
    }),
    schema('system-nodes', 'system', 500, { by: 'ByUser', rule: everythingOf(nodes) }),
    schema('kube-controller-manager', 'workload-high', 800, { by: 'ByNamespace', rule: everythingOf([manager]) }),
    schema('kube-scheduler', 'workload-high', 800, { by: 'ByNamespace', rule: everythingOf([scheduler]) }),
    schema('kube-system-service-accounts', 'workload-high', 900, {
      by: 'ByNamespace',
      rule: everythingOf([systemAccounts()]),
    }),
    schema('service-accounts', 'workload-low', 9_000, {
      by: 'ByUser',
      rule: everythingOf(groups('system:serviceaccounts')),
    }),
    schema('global-default', 'global-default', 9_900, { by: 'ByUser', rule: everythingOf(everybody) }),
  ]
}

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  const metadata = { name, generation: 1, annotations: ANNOTATIONS }
  return { apiVersion: API_VERSION, kind: 'PriorityLevelConfiguration', metadata, spec, status: {} }
}

function flowSchema(now: string, name: string, spec: FlowSchemaSpec): FlowSchema {
  const levelName = JSON.stringify(spec.priorityLevelConfiguration.name)
  const condition = {
    type: 'Dangling',
    status: 'False',
    lastTransitionTime: now,
    reason: 'Found',
    message: `This FlowSchema references the PriorityLevelConfiguration object named ${levelName} and it exists`,
  }
  const metadata = { name, generation: 1, annotations: ANNOTATIONS }
  return { apiVersion: API_VERSION, kind: 'FlowSchema', metadata, spec, status: { conditions: [condition] } }
}

function groups(...names: string[]): readonly FlowcontrolSubject[] {
  return names.map((name) => ({ kind: 'Group', group: { name } }))
}

function user(name: string): FlowcontrolSubject {
  return { kind: 'User', user: { name } }
}

function systemAccounts(): FlowcontrolSubject {
  return { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }
}

type ResourceRule = NonNullable<PolicyRulesWithSubjects['resourceRules']>[number]

function everyResource(): ResourceRule {
  return { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }
}

function leases(verbs: readonly string[]): ResourceRule {
  return { verbs, apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] }
}

function everythingOf(subjects: readonly FlowcontrolSubject[]): PolicyRulesWithSubjects {
  return {
    subjects,
    resourceRules: [everyResource()],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  }
}
