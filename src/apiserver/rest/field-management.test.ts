import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { HorizontalPodAutoscalerV1 } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler-v1.ts'
import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import type { ApiObject, ManagedFieldsEntry } from '../../api/object.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'

const stamping: AdmissionPlugin = {
  name: 'Stamping',
  admit: ({ object, kind }) =>
    object === undefined || kind.kind !== 'ConfigMap'
      ? undefined
      : { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, stamped: 'yes' } } },
}

test('what admission adds to an object is nobody’s', async () => {
  await using cluster = await testCluster({ admission: [stamping] })
  const { client } = cluster
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'default' },
    data: { a: '1' },
  }
  const created = await client.create<ApiObject>(config)
  const updated = await client.mergePatch(ConfigMap, created.metadata as { name: string }, { data: { b: '2' } })
  expect(updated.metadata.labels).toEqual({ stamped: 'yes' })
  expect(updated.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1)).toEqual([
    { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
  ])
})

test('an apply in process takes away all that it applied before', async () => {
  await using cluster = await testCluster()
  const { client } = cluster
  const config = (labels: Record<string, string>, data: Record<string, string>): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: 'default', labels },
    data,
  })
  await client.apply(config({ a: '1' }, { b: '2' }))
  const applied = await client.apply(config({}, {}))
  expect(applied.metadata.labels).toBeUndefined()
  expect(applied.data).toBeUndefined()
})

const WEB = { namespace: 'default', name: 'web' }
const SCALED = {
  minReplicas: 2,
  maxReplicas: 5,
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
}

test('what was applied in one version is still its applier’s after a write in another', async () => {
  await using cluster = await testCluster()
  const client = cluster.client.forManifests('applier')
  const config = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: WEB, spec: SCALED }
  await client.apply<ApiObject>(config)
  const patch = { spec: { maxReplicas: 7 } }
  const { metadata } = await cluster.client.mergePatch(HorizontalPodAutoscaler, WEB, patch)
  expect(metadata.managedFields?.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`)).toEqual([
    'applier autoscaling/v1',
    'test autoscaling/v2',
  ])
  const [applied] = metadata.managedFields ?? []
  expect(applied?.fieldsV1).toEqual({ 'f:spec': { 'f:minReplicas': {}, 'f:scaleTargetRef': {} } })
  await expect(client.apply<ApiObject>(config)).rejects.toThrow(
    'Apply failed with 1 conflict: conflict with "test" using autoscaling/v2: .spec.maxReplicas',
  )
})

test('what another version calls otherwise changes hands too', async () => {
  await using cluster = await testCluster()
  const { client } = cluster
  const spec = { ...SCALED, targetCPUUtilizationPercentage: 80 }
  const config = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: WEB, spec }
  await client.forManifests('applier').apply<ApiObject>(config)
  const target = { type: 'Utilization', averageUtilization: 50 }
  await client.mergePatch(HorizontalPodAutoscaler, WEB, {
    spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
  })
  const seen = await client.get(HorizontalPodAutoscalerV1, WEB)
  expect(seen?.spec.targetCPUUtilizationPercentage).toBe(50)
  const [applied] = seen?.metadata.managedFields ?? []
  expect(applied?.fieldsV1).toEqual({ 'f:spec': { 'f:maxReplicas': {}, 'f:minReplicas': {}, 'f:scaleTargetRef': {} } })
})

test('managers that a client writes into managedFields are judged', async () => {
  await using cluster = await testCluster()
  const { client } = cluster
  const entry = {
    manager: 'm'.repeat(129),
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:data': { 'f:elsewhere': {} } },
  } as const
  const config = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } } as const
  const named = (name: string, ...managedFields: ManagedFieldsEntry[]): ConfigMap => ({
    ...config,
    metadata: { ...WEB, name, managedFields },
  })
  await expect(client.create(named('long', entry))).rejects.toThrow(
    'ConfigMap "long" is invalid: metadata.managedFields[0].manager: Too long: may not be more than 128 bytes',
  )
  const created = await client.create(named('hidden'))
  const hidden = { ...entry, manager: 'a\tb', subresource: 's'.repeat(257) }
  const metadata = { ...created.metadata, managedFields: [hidden] }
  await expect(client.update({ ...created, metadata, data: { a: '2' } })).rejects.toThrow(
    'ConfigMap "hidden" is invalid: [metadata.managedFields[0].manager: Invalid value: "a\\tb": invalid character U+0009 (at position 1), metadata.managedFields[0].subresource: Too long: may not be more than 256 bytes]',
  )
})

test('managedFields that nobody can read are as good as none', async () => {
  await using cluster = await testCluster()
  const unreadable = [{ manager: 'm', operation: 'Delete' }] as unknown as ManagedFieldsEntry[]
  const metadata = { ...WEB, managedFields: unreadable }
  const created = await cluster.client.create<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { a: '1' },
  })
  expect(created.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['test'])
})
