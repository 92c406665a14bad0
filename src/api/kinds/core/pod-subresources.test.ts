import { describe, expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { Container, PodSpec } from '../../types.generated.ts'
import { prepareEphemeralContainers, validateEphemeralContainersUpdate } from './pod-ephemeral-containers.ts'
import { preparePodResize, validatePodResize } from './pod-resize.ts'
import { Pod } from './pod.ts'

const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } }
const web: Container = { name: 'web', image: 'nginx:1.29', resources }

function created(spec: Partial<PodSpec> = {}): Pod {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: { containers: [web], ...spec },
  }
  return Pod.prepareForCreate?.(pod) ?? pod
}

describe('resize', () => {
  function problemsOf(changes: Container['resources'], old = created()): readonly string[] {
    const [container] = old.spec.containers
    const sent = {
      ...old,
      spec: { ...old.spec, containers: [{ ...web, ...container, ...(changes && { resources: changes }) }] },
    }
    return printCauses(validatePodResize(preparePodResize(sent, old), old))
  }

  test('changes resources, and nothing else that was sent', () => {
    const old = created()
    const asked = { requests: { cpu: '2', memory: '1Gi' }, limits: resources.limits }
    const sent: Pod = {
      ...old,
      metadata: { ...old.metadata, labels: {} },
      spec: { ...old.spec, dnsPolicy: 'Default', containers: [{ ...web, image: 'other', resources: asked }] },
    }
    const prepared = preparePodResize(sent, old)
    expect(prepared.metadata).toBe(old.metadata)
    expect(prepared.spec).toEqual({ ...old.spec, containers: [{ ...old.spec.containers[0], resources: asked }] })
    expect(printCauses(validatePodResize(prepared, old))).toEqual([])
  })

  test.each<[string, Container['resources'], string]>([
    [
      'to nothing',
      { limits: resources.limits, requests: { memory: '1Gi' } },
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ],
    [
      'into another class',
      { requests: resources.limits, limits: resources.limits },
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    ],
    [
      'of storage',
      { ...resources, requests: { ...resources.requests, 'ephemeral-storage': '1Gi' } },
      'spec: Forbidden: only cpu and memory resources are mutable',
    ],
  ])('is not possible %s', (_what, changes, problem) => {
    expect(problemsOf(changes)).toEqual([problem])
  })

  test('is not for pods whose resources are those of the pod as a whole', () => {
    expect(problemsOf(resources, created({ resources: { requests: { cpu: '4', memory: '4Gi' } } }))).toEqual([
      '[]: Forbidden: pods with pod-level resources cannot be resized',
    ])
  })

  test('needs a kubelet that reports what containers have', () => {
    const old = created()
    const status = { name: 'web', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }
    expect(problemsOf(resources, { ...old, status: { ...old.status, containerStatuses: [status] } })).toEqual([
      'spec: Forbidden: Pod running on node without support for resize',
    ])
  })
})

describe('ephemeral containers', () => {
  const debug = { name: 'debug', image: 'busybox' }

  function problemsOf(before: readonly (typeof debug)[], after: readonly (typeof debug)[]): readonly string[] {
    const pod = created()
    const old = Pod.default?.({ ...pod, spec: { ...pod.spec, ephemeralContainers: before } }) ?? pod
    const sent = { ...old, spec: { ...old.spec, dnsPolicy: 'Default', ephemeralContainers: after } }
    const prepared = prepareEphemeralContainers(sent, old)
    expect(prepared.spec.dnsPolicy).toBe('ClusterFirst')
    return printCauses(validateEphemeralContainersUpdate(Pod.default?.(prepared) ?? prepared, old))
  }

  test('are added', () => {
    expect(problemsOf([], [debug])).toEqual([])
  })

  test('do not go', () => {
    expect(problemsOf([debug], [])).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n',
    ])
  })

  test('do not change', () => {
    const [problem] = problemsOf([debug], [{ ...debug, image: 'alpine' }])
    expect(problem).toMatch(
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n',
    )
  })
})
