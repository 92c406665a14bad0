import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import type { ApiObject } from '../../api/object.ts'
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
