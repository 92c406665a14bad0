import { describe, expect, test } from 'vitest'
import type { Container, PodSpec, Volume } from '../../types.generated.ts'
import { defaultPodSpec, defaultPodTemplate, defaultTemplateSpec } from './default-pod-spec.ts'

const web: Container = { name: 'web', image: 'nginx:1.29' }

function podOf(container: Partial<Container>, spec: Partial<PodSpec> = {}): PodSpec {
  return { containers: [{ ...web, ...container }], ...spec }
}

function filledContainer(container: Partial<Container>, spec: Partial<PodSpec> = {}): Container | undefined {
  return defaultPodSpec(podOf(container, spec)).containers[0]
}

function filledVolume(volume: Omit<Volume, 'name'>): Volume | undefined {
  return defaultPodSpec(podOf({}, { volumes: [{ name: 'data', ...volume }] })).volumes?.[0]
}

describe('a pod', () => {
  test('is given what its author left out', () => {
    expect(defaultPodSpec(podOf({}))).toEqual({
      containers: [
        {
          name: 'web',
          image: 'nginx:1.29',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          resources: {},
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
    })
  })

  test('keeps what its author said', () => {
    const spec = defaultPodSpec(
      podOf(
        { imagePullPolicy: 'Never', terminationMessagePolicy: 'FallbackToLogsOnError' },
        { dnsPolicy: 'Default', restartPolicy: 'Never', terminationGracePeriodSeconds: 0, enableServiceLinks: false },
      ),
    )
    expect(spec).toMatchObject({
      dnsPolicy: 'Default',
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      enableServiceLinks: false,
      containers: [{ imagePullPolicy: 'Never', terminationMessagePolicy: 'FallbackToLogsOnError' }],
    })
  })

  test('names its service account by both names, of which the newer one wins', () => {
    const named = (spec: Partial<PodSpec>) => {
      const { serviceAccount, serviceAccountName } = defaultPodSpec(podOf({}, spec))
      return [serviceAccount, serviceAccountName]
    }
    expect(named({ serviceAccount: 'old' })).toEqual(['old', 'old'])
    expect(named({ serviceAccountName: 'new' })).toEqual(['new', 'new'])
    expect(named({ serviceAccount: 'old', serviceAccountName: 'new' })).toEqual(['new', 'new'])
    expect(named({})).toEqual([undefined, undefined])
  })

  test('on the network of its host takes the ports of its host', () => {
    const ports = [{ containerPort: 80 }, { containerPort: 81, protocol: 'UDP' }]
    expect(filledContainer({ ports })?.ports).toEqual([
      { containerPort: 80, protocol: 'TCP' },
      { containerPort: 81, protocol: 'UDP' },
    ])
    expect(filledContainer({ ports }, { hostNetwork: true })?.ports).toEqual([
      { containerPort: 80, protocol: 'TCP', hostPort: 80 },
      { containerPort: 81, protocol: 'UDP', hostPort: 81 },
    ])
  })
})

describe('resources', () => {
  test('that are limited and not requested are requested, in a pod', () => {
    const resources = { limits: { cpu: '0.5', memory: '1Gi' }, requests: { cpu: '100m' } }
    expect(filledContainer({ resources })?.resources).toEqual({
      limits: { cpu: '500m', memory: '1Gi' },
      requests: { cpu: '100m', memory: '1Gi' },
    })
    expect(defaultTemplateSpec(podOf({ resources })).containers[0]?.resources).toEqual({
      limits: { cpu: '500m', memory: '1Gi' },
      requests: { cpu: '100m' },
    })
  })

  test('finer than a thousandth are rounded up', () => {
    expect(filledContainer({ resources: { requests: { cpu: '100u' } } })?.resources?.requests).toEqual({ cpu: '1m' })
  })

  test('of no known form are left to validation', () => {
    expect(filledContainer({ resources: { requests: { cpu: 'much' } } })?.resources?.requests).toEqual({ cpu: 'much' })
  })

  test.each<[string, PodSpec['resources'], PodSpec['resources']]>([
    [
      'requests come from the containers, where these say something',
      { limits: { cpu: '2', memory: '4Gi' } },
      { limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '1', memory: '4Gi' } },
    ],
    [
      'limits come from the containers, where all have one',
      { requests: { cpu: '2' } },
      { requests: { cpu: '2' }, limits: { cpu: '1' } },
    ],
    ['nothing comes from nothing', {}, {}],
  ])('of the pod as a whole: %s', (_rule, given, filled) => {
    const spec = defaultPodSpec(podOf({ resources: { limits: { cpu: '1' } } }, { resources: given ?? {} }))
    expect(spec.resources).toEqual(filled)
  })
})

describe('probes and hooks', () => {
  test('have intervals and thresholds', () => {
    expect(filledContainer({ livenessProbe: { httpGet: { port: 80 } } })?.livenessProbe).toEqual({
      httpGet: { port: 80, path: '/', scheme: 'HTTP' },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    })
    expect(filledContainer({ readinessProbe: { grpc: { port: 90 } } })?.readinessProbe?.grpc).toEqual({
      port: 90,
      service: '',
    })
    const lifecycle = { preStop: { httpGet: { port: 80, path: '/bye' } } }
    expect(filledContainer({ lifecycle })?.lifecycle?.preStop?.httpGet).toEqual({
      port: 80,
      path: '/bye',
      scheme: 'HTTP',
    })
  })
})

describe('variables', () => {
  test('refer to fields of v1, and to resources as they are', () => {
    const env = [
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ]
    expect(filledContainer({ env })?.env).toEqual([
      { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name', apiVersion: 'v1' } } },
      { name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } },
    ])
  })
})

describe('volumes', () => {
  test.each<[Omit<Volume, 'name'>, Omit<Volume, 'name'>]>([
    [{}, { emptyDir: {} }],
    [{ secret: { secretName: 'a' } }, { secret: { secretName: 'a', defaultMode: 420 } }],
    [{ configMap: { name: 'a', defaultMode: 256 } }, { configMap: { name: 'a', defaultMode: 256 } }],
    [{ hostPath: { path: '/a' } }, { hostPath: { path: '/a', type: '' } }],
    [{ emptyDir: { sizeLimit: '0.5Gi' } }, { emptyDir: { sizeLimit: '512Mi' } }],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
      {
        projected: {
          defaultMode: 420,
          sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }],
        },
      },
    ],
    [
      { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      {
        downwardAPI: {
          defaultMode: 420,
          items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.labels', apiVersion: 'v1' } }],
        },
      },
    ],
    [
      { ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } } },
      {
        ephemeral: {
          volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem', resources: {} } },
        },
      },
    ],
    [{ image: { reference: 'a:1' } }, { image: { reference: 'a:1', pullPolicy: 'IfNotPresent' } }],
  ])('%j become %j', (given, filled) => {
    expect(filledVolume(given)).toEqual({ name: 'data', ...filled })
  })
})

describe('references', () => {
  test('what is filled in already is given back itself', () => {
    const filled = defaultPodSpec(podOf({ ports: [{ containerPort: 80 }] }, { volumes: [{ name: 'a' }] }))
    expect(defaultPodSpec(filled)).toBe(filled)
    expect(defaultPodSpec(structuredClone(filled))).toEqual(filled)
    const copy = structuredClone(filled)
    expect(defaultPodSpec(copy)).toBe(copy)
  })

  test('all pods of one template share one spec', () => {
    const template = defaultPodTemplate({ metadata: { name: '' }, spec: podOf({}) })
    expect(defaultPodTemplate(template)).toBe(template)
    const spec = template.spec ?? { containers: [] }
    expect(defaultPodSpec(spec)).toBe(defaultPodSpec(spec))
    expect(defaultPodSpec(spec).containers).toBe(spec.containers)
  })

  test('a pod that was bound to a node keeps sharing its containers', () => {
    const filled = defaultPodSpec(podOf({}))
    const bound = { ...filled, nodeName: 'node-1' }
    expect(defaultPodSpec(bound)).toBe(bound)
  })
})
