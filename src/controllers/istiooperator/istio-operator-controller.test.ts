import { describe, expect, test } from 'vitest'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { IstioOperator } from '../../api/kinds/istio/istio-operator.ts'
import { PodDisruptionBudget } from '../../api/kinds/policy/pod-disruption-budget.ts'
import { startCluster, type TestCluster } from '../../testing.ts'

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } }
const KEY = { name: 'shop-mesh', namespace: 'istio-system' }
const INGRESS = { name: 'istio-ingressgateway', namespace: 'istio-system' }

async function installed(spec: IstioOperator['spec']): Promise<TestCluster> {
  const cluster = await startCluster()
  await cluster.client.create(NAMESPACE)
  await cluster.client.create<IstioOperator>({
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    metadata: KEY,
    ...(spec && { spec }),
  })
  return cluster
}

async function stateOf({ client }: TestCluster): Promise<IstioOperator['status']> {
  return (await client.get(IstioOperator, KEY))?.status
}

const isHealthy = async (cluster: TestCluster): Promise<boolean> => (await stateOf(cluster))?.status === 'HEALTHY'

describe('an IstioOperator', () => {
  test('installs what its profile has, and says when that is healthy', async () => {
    await using cluster = await installed({})
    await cluster.until(() => isHealthy(cluster))
    const { items } = await cluster.client.list(Deployment, { namespace: 'istio-system' })
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['istio-ingressgateway', 'istiod'])
    expect((await stateOf(cluster))?.componentStatus).toEqual({
      Base: { status: 'HEALTHY' },
      Pilot: { status: 'HEALTHY' },
      IngressGateways: { status: 'HEALTHY' },
    })
  })

  test('lays what `k8s` of a component says over the objects of that component', async () => {
    await using cluster = await installed({
      values: { global: { hub: 'registry.example/istio', tag: '1.19.3' } },
      components: {
        ingressGateways: [
          {
            name: 'istio-ingressgateway',
            k8s: {
              service: { type: 'LoadBalancer', loadBalancerIP: '203.0.113.10' },
              resources: { requests: { cpu: 1, memory: '1Gi' }, limits: { cpu: 2, memory: '2Gi' } },
              hpaSpec: { minReplicas: 3, maxReplicas: 15 },
            },
          },
        ],
      },
    })
    await cluster.until(() => isHealthy(cluster))
    const { client } = cluster
    const gateway = await client.get(Deployment, INGRESS)
    expect(gateway?.spec.template.spec?.containers[0]?.image).toBe('registry.example/istio/proxyv2:1.19.3')
    expect(gateway?.spec.template.spec?.containers[0]?.resources?.requests).toEqual({ cpu: '1', memory: '1Gi' })
    const service = await client.get(Service, INGRESS)
    expect(service?.spec.loadBalancerIP).toBe('203.0.113.10')
    expect(service?.spec.ports?.map(({ port }) => port)).toEqual([15021, 80, 443])
    expect((await client.get(HorizontalPodAutoscaler, INGRESS))?.spec).toMatchObject({
      minReplicas: 3,
      maxReplicas: 15,
    })
    expect((await client.get(PodDisruptionBudget, INGRESS))?.spec.minAvailable).toBe(1)
  })

  test('configures the mesh: its own words are laid over the defaults', async () => {
    await using cluster = await installed({
      profile: 'minimal',
      meshConfig: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' }, defaultConfig: { tracing: { sampling: 5 } } },
    })
    await cluster.until(() => isHealthy(cluster))
    const { data } = (await cluster.client.get(ConfigMap, { name: 'istio', namespace: 'istio-system' })) ?? {}
    expect(data?.['mesh']).toBe(`defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  tracing:
    sampling: 5
defaultProviders:
  metrics:
    - prometheus
rootNamespace: istio-system
trustDomain: cluster.local
outboundTrafficPolicy:
  mode: REGISTRY_ONLY
`)
  })

  test('takes away what it does not ask for any more', async () => {
    await using cluster = await installed({ profile: 'demo' })
    await cluster.until(() => isHealthy(cluster))
    const { client } = cluster
    const egress = { name: 'istio-egressgateway', namespace: 'istio-system' }
    expect(await client.get(Deployment, egress)).toBeDefined()
    await client.patch(IstioOperator, KEY, {
      type: 'application/merge-patch+json',
      body: { spec: { profile: 'minimal' } },
    })
    await cluster.until(async () => (await client.get(Deployment, egress)) === undefined)
    expect(await client.get(Service, INGRESS)).toBeUndefined()
    expect(await client.get(Deployment, { name: 'istiod', namespace: 'istio-system' })).toBeDefined()
  })

  test('makes again what somebody deleted', async () => {
    await using cluster = await installed({})
    await cluster.until(() => isHealthy(cluster))
    const before = await cluster.client.get(Service, INGRESS)
    await cluster.client.delete(Service, INGRESS)
    await cluster.until(async () => (await cluster.client.get(Service, INGRESS)) !== undefined)
    expect((await cluster.client.get(Service, INGRESS))?.metadata.uid).not.toBe(before?.metadata.uid)
  })

  test('takes everything with it when it is deleted', async () => {
    await using cluster = await installed({ profile: 'demo' })
    await cluster.until(() => isHealthy(cluster))
    await cluster.client.delete(IstioOperator, KEY)
    await cluster.until(async () => (await cluster.client.get(IstioOperator, KEY)) === undefined)
    expect((await cluster.client.list(Deployment, { namespace: 'istio-system' })).items).toEqual([])
    expect((await cluster.client.list(Service, { namespace: 'istio-system' })).items).toEqual([])
  })

  test('tells by its status what cannot be installed', async () => {
    await using cluster = await installed({
      components: {
        pilot: {
          k8s: {
            overlays: [
              { kind: 'Deployment', name: 'istiod', patches: [{ path: 'spec.template.[name:x].a', value: 1 }] },
            ],
          },
        },
      },
    })
    await cluster.until(async () => (await stateOf(cluster))?.status === 'ERROR')
    expect((await stateOf(cluster))?.message).toBe(
      'path spec.template.[name:x].a: [name:x] chooses from what is no list',
    )
  })

  test('does not know every profile', async () => {
    await using cluster = await installed({ profile: 'sale-day' })
    await cluster.until(async () => (await stateOf(cluster))?.status === 'ERROR')
    expect((await stateOf(cluster))?.message).toContain(
      'unknown profile "sale-day": it is none of default, demo, empty',
    )
  })
})
