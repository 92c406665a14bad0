import { expect, test } from 'vitest'
import { testCluster } from '../../../test/support/cluster.ts'
import { forbidden } from '../../api/errors.ts'
import type { Pod } from '../../api/kinds/core/pod.ts'
import type { AdmissionPlugin } from '../admission/admission.ts'

const PODS = { group: '', resource: 'pods' }

test('mutating plugins know the prefix of a name that is to be generated, validating ones the name', async () => {
  const seen: string[] = []
  const names: AdmissionPlugin = {
    name: 'Names',
    admit: ({ name, object }) => {
      seen.push(name)
      return object && { ...object, metadata: { ...object.metadata, annotations: { seen: object.metadata.name } } }
    },
    validate: ({ name, object }) => void seen.push(name, object?.metadata.name ?? ''),
  }
  await using cluster = await testCluster({ admission: [names] })
  seen.length = 0
  const { metadata } = await cluster.client.create(pod({ generateName: 'web-' }))
  expect(metadata.name).toMatch(/^web-.{5}$/)
  expect(metadata.annotations).toEqual({ seen: 'web-' })
  expect(seen).toEqual(['web-', metadata.name, metadata.name])
})

test('a plugin that refuses pods of a generated name always says the same', async () => {
  const refusing: AdmissionPlugin = {
    name: 'Refusing',
    admit: ({ kind, object }) => {
      if (kind.plural === 'pods') throw forbidden(PODS, object?.metadata.name ?? '', 'no pods today')
      return undefined
    },
  }
  await using cluster = await testCluster({ admission: [refusing] })
  const create = (): Promise<Pod> => cluster.client.create(pod({ generateName: 'web-' }))
  await expect(create()).rejects.toThrow('pods "web-" is forbidden: no pods today')
  await expect(create()).rejects.toThrow('pods "web-" is forbidden: no pods today')
})

function pod(metadata: Partial<Pod['metadata']>): Pod {
  const spec = { containers: [{ name: 'web', image: 'web:1' }] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', ...metadata } as Pod['metadata'], spec }
}
