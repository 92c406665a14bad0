import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { Container, PodSpec, Volume } from '../../types.generated.ts'
import { defaultPodSpec, defaultTemplateSpec } from './default-pod-spec.ts'
import { validatePodSpec } from './validate-pod-spec.ts'

const web: Container = { name: 'web', image: 'nginx:1.29' }

function problemsOf(spec: Partial<PodSpec>, podName = 'pod'): readonly string[] {
  const filled = defaultPodSpec({ containers: [web], ...spec })
  return printCauses(validatePodSpec(filled, { field: 'spec', isPod: true, podName }))
}

function problemsOfContainer(container: Partial<Container>, spec: Partial<PodSpec> = {}): readonly string[] {
  const prefix = 'spec.containers[0].'
  return problemsOf({ containers: [{ ...web, ...container }], ...spec }).map((line) =>
    line.startsWith(prefix) ? line.slice(prefix.length) : line,
  )
}

test('a plain pod is valid', () => {
  expect(problemsOf({})).toEqual([])
})

describe('a container', () => {
  test.each<[Partial<Container>, readonly string[]]>([
    [{ name: '' }, ['name: Required value']],
    [
      { name: 'Web' },
      [
        `name: Invalid value: "Web": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [{ image: '' }, ['image: Required value']],
    [
      { imagePullPolicy: 'Sometimes' },
      ['imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    ],
    [
      { terminationMessagePolicy: 'Loud' },
      ['terminationMessagePolicy: Unsupported value: "Loud": supported values: "File", "FallbackToLogsOnError"'],
    ],
    [{ ports: [{ containerPort: 0 }] }, ['ports[0].containerPort: Required value']],
    [
      { ports: [{ containerPort: 70000, protocol: 'ICMP' }] },
      [
        'ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      {
        ports: [
          { name: 'http', containerPort: 80 },
          { name: 'http', containerPort: 81 },
        ],
      },
      ['ports[1].name: Duplicate value: "http"'],
    ],
    [
      {
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      },
      ['ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
    [{ volumeMounts: [{ name: 'none', mountPath: '/a' }] }, ['volumeMounts[0].name: Not found: "none"']],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      ['resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      { resources: { limits: { cpu: '-1' } } },
      [
        'resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
        'resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      { resources: { requests: { 'nvidia.com/gpu': '1' } } },
      ['resources.limits: Required value: Limit must be set for non overcommitable resources'],
    ],
    [
      { resources: { limits: { pods: '1' } } },
      [
        'resources.limits[pods]: Invalid value: "pods": must be a standard resource for containers',
        'resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers',
      ],
    ],
    [
      { resources: { limits: { 'nvidia.com/gpu': '500m' } } },
      [
        'resources.limits[nvidia.com/gpu]: Invalid value: "500m": must be an integer',
        'resources.requests[nvidia.com/gpu]: Invalid value: "500m": must be an integer',
      ],
    ],
    [
      { resources: { limits: { cpu: '1', 'hugepages-2Mi': '3Mi' } } },
      [
        'resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
        'resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      ],
    ],
    [{ resources: { limits: { 'hugepages-2Mi': '4Mi' } } }, ['resources: Forbidden: HugePages require cpu or memory']],
    [
      { resources: { claims: [{ name: 'gpu' }] } },
      ['resources.claims[0]: Not found: "gpu": must be one of the names in pod.spec.resourceClaims which is empty'],
    ],
    [{ livenessProbe: {} }, ['livenessProbe: Required value: must specify a handler type']],
    [
      { livenessProbe: { exec: { command: ['true'] }, tcpSocket: { port: 80 }, successThreshold: 2 } },
      [
        'livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
        'livenessProbe.successThreshold: Invalid value: 2: must be 1',
      ],
    ],
    [
      {
        readinessProbe: {
          httpGet: { port: 'HTTP', scheme: 'FTP' },
          periodSeconds: -1,
          terminationGracePeriodSeconds: 1,
        },
      },
      [
        'readinessProbe.httpGet.port: Invalid value: "HTTP": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'readinessProbe.httpGet.port: Invalid value: "HTTP": must contain at least one letter (a-z)',
        'readinessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
        'readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
        'readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes',
      ],
    ],
    [
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      [
        'lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
      ],
    ],
    [
      { securityContext: { allowPrivilegeEscalation: false, privileged: true } },
      [
        'securityContext: Invalid value: {"allowPrivilegeEscalation":false,"privileged":true}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      { securityContext: { runAsUser: -1, seccompProfile: { type: 'Localhost' } } },
      [
        'securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      ],
    ],
    [
      { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [3] } }] },
      ['restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ],
    [
      { resizePolicy: [{ resourceName: 'disk', restartPolicy: 'Never' }] },
      [
        'resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
        'resizePolicy: Unsupported value: "Never": supported values: "NotRequired", "RestartContainer"',
      ],
    ],
  ])('%j', (container, problems) => {
    expect(problemsOfContainer(container)).toEqual(problems)
  })

  test('must be there', () => {
    expect(problemsOf({ containers: [] })).toEqual(['spec.containers: Required value'])
  })

  test('has a name that no other container of the pod has', () => {
    expect(problemsOf({ containers: [web, web], initContainers: [web] })).toEqual([
      'spec.containers[1].name: Duplicate value: "web"',
      'spec.initContainers[0].name: Duplicate value: "web"',
    ])
  })
})

describe('variables', () => {
  test.each([
    [{ name: '' }, 'env[0].name: Required value'],
    [
      { name: 'A=B' },
      'env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      { name: 'A', valueFrom: {} },
      'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
    [
      { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
      'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
    [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nothing' } } },
      'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nothing": error converting fieldPath: field label not supported: spec.nothing',
    ],
    [
      { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } },
      'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    ],
    [
      { name: 'A', valueFrom: { secretKeyRef: { name: 's', key: '' } } },
      'env[0].valueFrom.secretKeyRef.key: Required value',
    ],
  ])('%j', (variable, problem) => {
    expect(problemsOfContainer({ env: [variable] })).toEqual([problem])
  })

  test.each(["metadata.labels['app']", "metadata.annotations['Team']", 'status.podIP', 'spec.host'])(
    'may refer to %s',
    (fieldPath) => {
      expect(problemsOfContainer({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath } } }] })).toEqual([])
    },
  )

  test('come from config maps and secrets, one at a time', () => {
    expect(problemsOfContainer({ envFrom: [{}] })).toEqual([
      'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ])
    expect(problemsOfContainer({ envFrom: [{ configMapRef: { name: 'a' } }] })).toEqual([])
  })
})

describe('volumes', () => {
  test.each<[Volume, readonly string[]]>([
    [{ name: '' }, ['spec.volumes[0].name: Required value']],
    [
      { name: 'a', emptyDir: {}, hostPath: { path: '/a' } },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [{ name: 'a', hostPath: { path: '' } }, ['spec.volumes[0].hostPath.path: Required value']],
    [
      { name: 'a', hostPath: { path: '/a/../b', type: 'Folder' } },
      [
        'spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
        'spec.volumes[0].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    [
      { name: 'a', secret: { secretName: '', defaultMode: 1000 } },
      [
        'spec.volumes[0].secret.secretName: Required value',
        'spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [
      { name: 'a', configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } },
      ['spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\''],
    ],
    [
      { name: 'a', persistentVolumeClaim: { claimName: '' } },
      ['spec.volumes[0].persistentVolumeClaim.claimName: Required value'],
    ],
    [
      { name: 'a', downwardAPI: { items: [{ path: 'a' }] } },
      ['spec.volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required'],
    ],
    [
      {
        name: 'a',
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'k', path: 'x' }] } },
            { configMap: { name: 'c', items: [{ key: 'k', path: 'x' }] } },
          ],
        },
      },
      ['spec.volumes[0].projected: Invalid value: "c": conflicting duplicate paths'],
    ],
    [
      { name: 'a', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 60 } }] } },
      [
        'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
      ],
    ],
    [
      { name: 'a', nfs: { server: 'a', path: 'b' } },
      ['spec.volumes[0].nfs.path: Invalid value: "b": must be an absolute path'],
    ],
    [{ name: 'a', csi: { driver: '' } }, ['spec.volumes[0].csi.driver: Required value']],
    [{ name: 'a', ephemeral: {} }, ['spec.volumes[0].ephemeral.volumeClaimTemplate: Required value']],
    [{ name: 'a', rbd: { image: 'i', monitors: [] } }, ['spec.volumes[0].rbd.monitors: Required value']],
  ])('%j', (volume, problems) => {
    const found = problemsOf({ volumes: [volume] })
    expect(found.slice(0, problems.length)).toEqual(problems)
  })

  test('that are wrong cannot be mounted', () => {
    const found = problemsOf({
      volumes: [{ name: 'a', secret: { secretName: '' } }],
      containers: [{ ...web, volumeMounts: [{ name: 'a', mountPath: '/a' }] }],
    })
    expect(found).toEqual([
      'spec.volumes[0].secret.secretName: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: "a"',
    ])
  })

  test('a claim that a pod gets for itself must have a valid name', () => {
    const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
    const volumes = [
      { name: 'scratch', ephemeral: { volumeClaimTemplate: template } },
      { name: 'other', persistentVolumeClaim: { claimName: 'web-scratch' } },
    ]
    expect(problemsOf({ volumes }, 'web')).toEqual([
      'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-scratch": must not reference a PVC that gets created for an ephemeral volume',
    ])
    expect(problemsOf({ volumes }, 'db')).toEqual([])
  })
})

describe('the pod', () => {
  test.each<[Partial<PodSpec>, readonly string[]]>([
    [
      { restartPolicy: 'Perhaps' },
      ['spec.restartPolicy: Unsupported value: "Perhaps": supported values: "Always", "OnFailure", "Never"'],
    ],
    [{ dnsPolicy: 'None' }, ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None']],
    [
      { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
      [
        'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
      ],
    ],
    [{ dnsConfig: { searches: ['.', 'my_zone.example.'] } }, []],
    [
      { nodeSelector: { disk: 'very fast' } },
      [
        `spec.nodeSelector: Invalid value: "very fast": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      ],
    ],
    [
      { tolerations: [{ operator: 'Equal' }, { key: 'a', operator: 'Exists', value: 'b', tolerationSeconds: 1 }] },
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'spec.tolerations[1].effect: Invalid value: "": effect must be \'NoExecute\' when `tolerationSeconds` is set',
        'spec.tolerations[1].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
      ],
    ],
    [
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'Wait' }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Wait": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
    [
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      {
        affinity: {
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 101, podAffinityTerm: { topologyKey: 'zone' } },
            ],
          },
        },
      },
      [
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      ],
    ],
    [
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [{ hostUsers: false, hostNetwork: true }, ['spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false']],
    [{ schedulingGates: [{ name: 'a' }, { name: 'a' }] }, ['spec.schedulingGates[1]: Duplicate value: "a"']],
    [
      { os: { name: 'windows' }, securityContext: { runAsUser: 1 }, hostPID: true },
      [
        'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
        'spec.hostPID: Forbidden: cannot be set for a windows pod',
      ],
    ],
    [{ os: { name: 'beos' } }, ['spec.os: Unsupported value: "beos": supported values: "linux", "windows"']],
    [
      { resources: { requests: { cpu: '1' } }, containers: [{ ...web, resources: { requests: { cpu: '2' } } }] },
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
      ],
    ],
    [
      { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] }, hostNetwork: true },
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
      ],
    ],
  ])('%j', (spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems)
  })

  test('init containers have probes only as sidecars', () => {
    const livenessProbe = { tcpSocket: { port: 80 } }
    const init = { ...web, name: 'init', livenessProbe }
    expect(problemsOf({ initContainers: [init] })).toEqual([
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ])
    expect(problemsOf({ initContainers: [{ ...init, restartPolicy: 'Always' }] })).toEqual([])
  })

  test('ephemeral containers have neither ports nor probes', () => {
    const debug = { ...web, name: 'debug', targetContainerName: 'api', ports: [{ containerPort: 80 }] }
    expect(problemsOf({ ephemeralContainers: [debug] })).toEqual([
      'spec.ephemeralContainers[0].targetContainerName: Not found: "api"',
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ])
  })

  test('on the network of its host must use the same port there; a template may leave that open', () => {
    const spec = { hostNetwork: true, containers: [{ ...web, ports: [{ containerPort: 80 }] }] }
    expect(printCauses(validatePodSpec(defaultTemplateSpec(spec), { field: 'spec', isPod: false }))).toEqual([])
    expect(printCauses(validatePodSpec(defaultTemplateSpec(spec), { field: 'spec', isPod: true }))).toEqual([
      'spec.containers[0].ports[0].hostPort: Invalid value: 0: must match `containerPort` when `hostNetwork` is true',
    ])
  })
})
