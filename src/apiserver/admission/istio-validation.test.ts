import { describe, expect, test } from 'vitest'
import { testCluster, type TestCluster } from '../../../test/support/cluster.ts'
import { istioKinds } from '../../../test/support/istio-objects.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { istioValidation } from './istio-validation.ts'

const [virtualService] = istioKinds().filter(({ kind }) => kind === 'VirtualService') as [Kind]
/** Of a group of Istio, and none of its kinds. */
const teapot: Kind = {
  ...virtualService,
  kind: 'Teapot',
  plural: 'teapots',
  singular: 'teapot',
  listKind: 'TeapotList',
  validate: () => [],
}

const route = [{ destination: { host: 'reviews' } }]
const late = 'virtualService rule #1 not used (only the last rule can have no matches)'

function reviews(spec: object, kind = virtualService.kind): ApiObject {
  const apiVersion = `${virtualService.group}/${virtualService.version}`
  return { apiVersion, kind, metadata: { name: 'reviews', namespace: 'default' }, spec } as ApiObject
}

function cluster(): Promise<TestCluster> {
  return testCluster({ kinds: [virtualService, teapot], admission: [istioValidation] })
}

function denied(why: string): { readonly code: number; readonly reason: string; readonly message: string } {
  return { code: 400, reason: '', message: `admission webhook "validation.istio.io" denied the request: ${why}` }
}

describe("Istio's validation", () => {
  test('refuses an object as its webhook does: a status without a reason', async () => {
    await using running = await cluster()
    const noRoutes = denied('configuration is invalid: http, tcp or tls must be provided in virtual service')
    await expect(running.client.create(reviews({ hosts: ['reviews'] }))).rejects.toMatchObject(noRoutes)
  })

  test('warns of every write, even of one that changes nothing', async () => {
    await using running = await cluster()
    const { client } = running
    const key = { namespace: 'default', name: 'reviews' }
    await client.create(reviews({ hosts: ['reviews'], http: [{ route }, { route }] }))
    const warnings: string[] = []
    const warn = (text: string) => warnings.push(text)
    await client.patch(virtualService, key, { type: 'application/merge-patch+json', body: { spec: {} }, warn })
    expect(warnings).toEqual([late])
  })

  test('refuses an update that makes an object wrong', async () => {
    await using running = await cluster()
    const { client } = running
    const stored = await client.create(reviews({ hosts: ['reviews'], http: [{ route }] }))
    const wrong = { ...stored, spec: { hosts: ['*'], http: [{ route }] } } as ApiObject
    await expect(client.update(wrong)).rejects.toThrow(
      'configuration is invalid: wildcard host * is not allowed for virtual services bound to the mesh gateway',
    )
  })

  test('reads an empty list as protobuf does: as none', async () => {
    await using running = await cluster()
    const empty = reviews({ hosts: ['reviews'], http: [{ match: [], route, mirrors: [] }], tls: [] })
    await expect(running.client.create(empty)).resolves.toBeDefined()
  })

  test('refuses kinds of its groups that it does not know', async () => {
    await using running = await cluster()
    await expect(running.client.create(reviews({}, 'Teapot'))).rejects.toMatchObject(
      denied('unrecognized type networking.istio.io/v1, Kind=Teapot'),
    )
  })
})
