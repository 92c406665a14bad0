import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../src/api/types.generated.ts'
import type { ApiObject } from '../src/api/object.ts'

/**
 * Workloads of kube-scheduler's own benchmark, with the pods per second below which its CI fails
 * (kubernetes/kubernetes test/integration/scheduler_perf, 2026).
 */
export interface Workload {
  readonly name: string
  readonly minPodsPerSecond: number
  readonly nodes: number
  node?(index: number): NodeChange
  /** Namespaces besides `default`, with their labels. */
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly objects?: readonly ApiObject[]
  /** Scheduled before the clock runs. */
  readonly before?: readonly Batch[]
  /** Created every so often while the measured pods are scheduled. */
  readonly churn?: { readonly pod: PodTemplate; readonly everyMs: number }
  readonly measured: Batch
}

interface NodeChange {
  readonly spec?: Node['spec']
  readonly labels?: Readonly<Record<string, string>>
  readonly allocatable?: Readonly<Record<string, string>>
  readonly name?: string
}

export interface Batch {
  readonly count: number
  /** Gated pods are not waited for. */
  readonly gated?: boolean
  readonly namespace?: string
  readonly pod: PodTemplate
  /** A volume and a claim bound to it for each pod. */
  readonly volumes?: boolean
}

export type PodTemplate = (index: number) => { readonly labels?: Pod['metadata']['labels']; readonly spec: Pod['spec'] }

function container(requests?: Readonly<Record<string, string>>): Pod['spec']['containers'] {
  const resources = requests === undefined ? {} : { resources: { requests, limits: requests } }
  return [{ name: 'pause', image: 'registry.k8s.io/pause:3.10', ...resources }]
}

const SMALL = container({ cpu: '100m', memory: '500Mi' })
const plain: PodTemplate = () => ({ spec: { containers: SMALL } })
const light: PodTemplate = () => ({ spec: { containers: container() } })

function coloured(color: string, spec: Omit<Pod['spec'], 'containers'> = {}): PodTemplate {
  return () => ({ labels: { color }, spec: { containers: SMALL, ...spec } })
}

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'
const IN_BOTH = ['sched-1', 'sched-0']
const MOONS = (index: number) => ({ labels: { [ZONE]: `moon-${(index % 3) + 1}` } })
const ONE_ZONE = () => ({ labels: { [ZONE]: 'zone1' } })
const TWO_NAMESPACES = { 'sched-0': {}, 'sched-1': {} }

function term(color: string, topologyKey: string) {
  return { labelSelector: { matchLabels: { color } }, topologyKey, namespaces: IN_BOTH }
}

const antiAffinity = coloured('green', {
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('green', HOST)] } },
})
const affinity = coloured('blue', {
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('blue', ZONE)] } },
})
const preferredAffinity = coloured('red', {
  affinity: {
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term('red', HOST) }],
    },
  },
})
const preferredAntiAffinity = coloured('yellow', {
  affinity: {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term('yellow', HOST) }],
    },
  },
})
const antiAffinityByNamespace = coloured('green', {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        {
          labelSelector: { matchLabels: { color: 'green' } },
          topologyKey: HOST,
          namespaceSelector: { matchLabels: { team: 'devops' } },
        },
      ],
    },
  },
})

function spread(whenUnsatisfiable: string): PodTemplate {
  const labelSelector = { matchLabels: { color: 'blue' } }
  return coloured('blue', {
    topologySpreadConstraints: [{ maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector }],
  })
}

const serviceOfPerf = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'perf', namespace: 'service-ns' },
  spec: { selector: { app: 'scheduler-perf' }, ports: [{ protocol: 'TCP', port: 80, targetPort: 8000 }] },
} as ApiObject

const nodeAffinity: PodTemplate = () => ({
  spec: {
    containers: SMALL,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: 'In', values: ['zone1', 'zone2'] }] }],
        },
      },
    },
  },
})

const inclusionPolicy: PodTemplate = () => ({
  labels: { foo: 'bar' },
  spec: {
    containers: SMALL,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: HOST,
        whenUnsatisfiable: 'DoNotSchedule',
        nodeAffinityPolicy: 'Honor',
        nodeTaintsPolicy: 'Honor',
        labelSelector: { matchLabels: { foo: 'bar' } },
      },
    ],
  },
})

const manyNamespaces = Object.fromEntries(
  [...Array.from({ length: 100 }, (_, index) => `init-ns-${index}`), 'measure-ns-0'].map((name) => [
    name,
    { team: 'devops' },
  ]),
)

const toOneNode: PodTemplate = () => ({
  spec: {
    containers: container(),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['scheduler-perf-node'] }] },
          ],
        },
      },
    },
  },
})

const gatedAffinity: PodTemplate = () => ({
  labels: { app: 'scheduler-perf' },
  spec: {
    schedulingGates: [{ name: 'scheduling-gate-1' }],
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { labelSelector: { matchLabels: { app: 'scheduler-perf' } }, topologyKey: HOST },
        ],
      },
    },
    containers: container(),
  },
})

const LARGE_NODE = { pods: '90000', cpu: '400', memory: '3200Gi' }

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'SchedulingBasic/5000Nodes_10000Pods',
    minPodsPerSecond: 680,
    nodes: 5_000,
    before: [{ count: 1_000, pod: plain }],
    measured: { count: 10_000, pod: plain },
  },
  {
    name: 'SchedulingBasic/5000Nodes_50000Pods',
    minPodsPerSecond: 810,
    nodes: 5_000,
    before: [{ count: 5_000, pod: plain }],
    measured: { count: 50_000, pod: plain },
  },
  {
    name: 'SchedulingNodeAffinity/5000Nodes_10000Pods',
    minPodsPerSecond: 220,
    nodes: 5_000,
    node: ONE_ZONE,
    before: [{ count: 5_000, pod: nodeAffinity }],
    measured: { count: 10_000, pod: nodeAffinity },
  },
  {
    name: 'TopologySpreading/5000Nodes_5000Pods',
    minPodsPerSecond: 460,
    nodes: 5_000,
    node: MOONS,
    before: [{ count: 5_000, pod: plain }],
    measured: { count: 5_000, pod: spread('DoNotSchedule') },
  },
  {
    name: 'PreferredTopologySpreading/5000Nodes_5000Pods',
    minPodsPerSecond: 340,
    nodes: 5_000,
    node: MOONS,
    before: [{ count: 5_000, pod: plain }],
    measured: { count: 5_000, pod: spread('ScheduleAnyway') },
  },
  {
    name: 'DefaultTopologySpreading/5000Nodes_50000Pods',
    minPodsPerSecond: 160,
    nodes: 5_000,
    node: MOONS,
    namespaces: { 'service-ns': {} },
    objects: [serviceOfPerf],
    before: [{ count: 5_000, pod: plain }],
    measured: {
      count: 50_000,
      namespace: 'service-ns',
      pod: () => ({ labels: { app: 'scheduler-perf' }, spec: { containers: container() } }),
    },
  },
  {
    name: 'SchedulingWithNodeInclusionPolicy/5000Nodes',
    minPodsPerSecond: 270,
    nodes: 5_000,
    node: (index) => (index < 4_000 ? {} : { spec: { taints: [{ key: 'foo', value: '', effect: 'NoSchedule' }] } }),
    measured: { count: 4_000, pod: inclusionPolicy },
  },
  {
    name: 'SchedulingPodAntiAffinity/5000Nodes_2000Pods',
    minPodsPerSecond: 60,
    nodes: 5_000,
    namespaces: TWO_NAMESPACES,
    before: [{ count: 1_000, namespace: 'sched-0', pod: antiAffinity }],
    measured: { count: 2_000, namespace: 'sched-1', pod: antiAffinity },
  },
  {
    name: 'SchedulingPodMatchingAntiAffinity/5000Nodes_5000Pods',
    minPodsPerSecond: 595,
    nodes: 5_000,
    namespaces: TWO_NAMESPACES,
    before: [{ count: 1_000, namespace: 'sched-0', pod: antiAffinity }],
    measured: { count: 5_000, namespace: 'sched-1', pod: coloured('green') },
  },
  {
    name: 'SchedulingPodAffinity/5000Nodes_5000Pods',
    minPodsPerSecond: 35,
    nodes: 5_000,
    node: ONE_ZONE,
    namespaces: TWO_NAMESPACES,
    before: [{ count: 5_000, namespace: 'sched-0', pod: affinity }],
    measured: { count: 5_000, namespace: 'sched-1', pod: affinity },
  },
  {
    name: 'SchedulingPreferredPodAffinity/5000Nodes_5000Pods',
    minPodsPerSecond: 90,
    nodes: 5_000,
    namespaces: TWO_NAMESPACES,
    before: [{ count: 5_000, namespace: 'sched-0', pod: preferredAffinity }],
    measured: { count: 5_000, namespace: 'sched-1', pod: preferredAffinity },
  },
  {
    name: 'SchedulingPreferredPodAntiAffinity/5000Nodes_5000Pods',
    minPodsPerSecond: 90,
    nodes: 5_000,
    namespaces: TWO_NAMESPACES,
    before: [{ count: 5_000, namespace: 'sched-0', pod: preferredAntiAffinity }],
    measured: { count: 5_000, namespace: 'sched-1', pod: preferredAntiAffinity },
  },
  {
    name: 'SchedulingRequiredPodAntiAffinityWithNSSelector/5000Nodes_2000Pods',
    minPodsPerSecond: 24,
    nodes: 6_000,
    namespaces: manyNamespaces,
    before: Array.from({ length: 100 }, (_, index) => ({
      count: 40,
      namespace: `init-ns-${index}`,
      pod: antiAffinityByNamespace,
    })),
    measured: { count: 2_000, namespace: 'measure-ns-0', pod: antiAffinityByNamespace },
  },
  {
    name: 'SchedulingCSIPVs/5000Nodes_5000Pods',
    minPodsPerSecond: 100,
    nodes: 5_000,
    before: [{ count: 5_000, pod: plain, volumes: true }],
    measured: { count: 5_000, pod: plain, volumes: true },
  },
  {
    name: 'Unschedulable/5kNodes/100Init/10kPods',
    minPodsPerSecond: 590,
    nodes: 5_000,
    before: [{ count: 100, pod: plain }],
    churn: {
      pod: () => ({ spec: { priority: 10, containers: container({ cpu: '9', memory: '500Mi' }) } }),
      everyMs: 200,
    },
    measured: { count: 10_000, pod: plain },
  },
  {
    name: 'PreemptionAsync/5000Nodes',
    minPodsPerSecond: 570,
    nodes: 5_000,
    before: [
      {
        count: 20_000,
        pod: () => ({
          spec: { terminationGracePeriodSeconds: 0, containers: container({ cpu: '900m', memory: '500Mi' }) },
        }),
      },
    ],
    churn: {
      pod: () => ({ spec: { priority: 10, containers: container({ cpu: '3', memory: '500Mi' }) } }),
      everyMs: 200,
    },
    measured: { count: 5_000, pod: plain },
  },
  {
    name: 'SchedulingDaemonset/15000Nodes',
    minPodsPerSecond: 1_100,
    nodes: 15_000,
    node: (index) => (index === 0 ? { name: 'scheduler-perf-node', allocatable: LARGE_NODE } : {}),
    measured: { count: 30_000, pod: toOneNode },
  },
  {
    name: 'SchedulingWithExtendedResource/5000pods_5000nodes',
    minPodsPerSecond: 180,
    nodes: 5_000,
    node: (index) => ({ allocatable: { [`foo.com/bar-${index}`]: '1' } }),
    measured: {
      count: 5_000,
      pod: (index) => ({ spec: { containers: container({ [`foo.com/bar-${index}`]: '1' }) } }),
    },
  },
  {
    name: 'MixedSchedulingBasePod/5000Nodes_5000Pods',
    minPodsPerSecond: 140,
    nodes: 5_000,
    node: ONE_ZONE,
    namespaces: TWO_NAMESPACES,
    before: [plain, affinity, antiAffinity, preferredAffinity, preferredAntiAffinity].map((pod) => ({
      count: 2_000,
      namespace: 'sched-0',
      pod,
    })),
    measured: { count: 5_000, pod: plain },
  },
  {
    name: 'SchedulingGatedPodsWithPodAffinityImpactForThroughput/1Node_10000GatedPods',
    minPodsPerSecond: 110,
    nodes: 1,
    node: () => ({ name: 'scheduler-perf-node', allocatable: LARGE_NODE }),
    before: [{ count: 10_000, pod: gatedAffinity, gated: true }],
    measured: {
      count: 20_000,
      pod: () => ({ labels: { app: 'scheduler-perf' }, spec: { containers: container() } }),
    },
  },
  {
    name: 'SchedulingLightPods/1000Nodes_10000Pods',
    minPodsPerSecond: 0,
    nodes: 1_000,
    measured: { count: 10_000, pod: light },
  },
]

export function nodeOf(index: number, change: NodeChange): Node {
  const { name = `node-${index}`, labels, spec, allocatable } = change
  const capacity = { pods: '110', cpu: '4', memory: '32Gi', ...allocatable }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [HOST]: name, ...labels } },
    spec: spec ?? {},
    status: { capacity, allocatable: capacity, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

export function volumeOf(name: string, namespace: string): readonly [PersistentVolume, PersistentVolumeClaim] {
  const annotations = { 'pv.kubernetes.io/bind-completed': 'true' }
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations },
      spec: {
        accessModes: ['ReadOnlyMany'],
        capacity: { storage: '1Gi' },
        csi: { driver: 'ebs.csi.aws.com', volumeHandle: name },
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', name, namespace },
      },
      status: { phase: 'Bound' },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, annotations },
      spec: {
        accessModes: ['ReadOnlyMany'],
        resources: { requests: { storage: '1Gi' } },
        storageClassName: '',
        volumeName: name,
      },
      status: { phase: 'Bound' },
    },
  ]
}
