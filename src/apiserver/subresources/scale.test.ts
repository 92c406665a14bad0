import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import type { Kind } from '../../api/kind.ts'
import { kindsOf } from '../../api/kinds/apiextensions/custom-kind.ts'
import { Deployment } from '../../api/kinds/apps/deployment.ts'
import type { Scale } from '../../api/kinds/autoscaling/scale.ts'
import { ReplicationController } from '../../api/kinds/core/replication-controller.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import type { CustomResourceDefinition } from '../../api/types.generated.ts'
import { scale } from './scale.ts'

const KEY = { namespace: 'default', name: 'web' }
const TEMPLATE = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } }
const WEB = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: KEY,
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: TEMPLATE },
} as const

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster({ subresources: { '*/scale': scale }, kinds: squadKinds() })
})

afterEach(() => cluster[Symbol.asyncDispose]())

describe('what a scale shows', () => {
  test('of a Deployment: its size, the pods that it has, and how they are found', async () => {
    await cluster.client.create<ApiObject>(WEB)
    const { metadata, ...rest } = await read(Deployment)
    expect(rest).toEqual({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0, selector: 'app=web' },
    })
    expect(Object.keys(metadata)).toEqual(['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp'])
  })

  test('of a ReplicationController: its plain labels as a selector', async () => {
    const spec = { replicas: 0, selector: { app: 'web' }, template: TEMPLATE }
    await cluster.client.create<ApiObject>({
      ...WEB,
      apiVersion: 'v1',
      kind: 'ReplicationController',
      spec,
    } as ApiObject)
    expect(await read(ReplicationController)).toMatchObject({ spec: {}, status: { replicas: 0, selector: 'app=web' } })
  })

  test('of a custom resource without a size: an error', async () => {
    await cluster.client.create(squad({}))
    await expect(read(squadKind())).rejects.toThrow(
      'Internal error occurred: the spec replicas field ".spec.size" does not exist',
    )
  })
})

describe('whose the size is', () => {
  test("whoever scales takes it from its owner, and shows as the subresource's writer", async () => {
    await apply(WEB)
    await patch(Deployment, 'kubectl-scale', { spec: { replicas: 5 } })
    expect(await ownersOf(Deployment, 'replicas')).toEqual(['kubectl-scale Update scale apps/v1'])
    const [scaled] =
      (await live(Deployment)).metadata.managedFields?.filter(({ manager }) => manager === 'kubectl-scale') ?? []
    expect(scaled).toEqual({
      manager: 'kubectl-scale',
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      subresource: 'scale',
    })
    expect((await live(Deployment)).metadata.generation).toBe(2)
  })

  test('an apply of the object then conflicts with whoever scaled it', async () => {
    await apply(WEB)
    await patch(Deployment, 'hpa', { spec: { replicas: 5 } })
    await expect(apply(WEB)).rejects.toThrow(
      'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas',
    )
  })

  test('an apply of the scale conflicts with whoever applied the object, unless it is forced', async () => {
    await apply(WEB)
    const applied = (force: boolean): Promise<Scale> =>
      send({
        verb: 'patch',
        kind: Deployment,
        patchType: 'application/apply-patch+yaml',
        body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: KEY, spec: { replicas: 7 } },
        options: { fieldManager: 'scaler', force },
      })
    await expect(applied(false)).rejects.toThrow('Apply failed with 1 conflict: conflict with "owner": .spec.replicas')
    expect(await applied(true)).toMatchObject({ spec: { replicas: 7 } })
    expect(await ownersOf(Deployment, 'replicas')).toEqual(['scaler Apply scale apps/v1'])
  })

  test('a write that changes nothing changes no owner', async () => {
    await apply(WEB)
    const before = await live(Deployment)
    await patch(Deployment, 'kubectl-scale', { spec: { replicas: 2 } })
    expect(await live(Deployment)).toBe(before)
  })

  test('a custom resource has it where its definition says, in each version', async () => {
    await apply(squad({ size: 1 }))
    await patch(squadKind(), 'scaler', { spec: { replicas: 3 } })
    expect(await ownersOf(squadKind(), 'size')).toEqual(['scaler Update scale example.com/v1'])
    expect(await live(squadKind())).toMatchObject({ spec: { size: 3 } })
  })
})

describe('what a scale refuses', () => {
  test.each<{ what: string; call: () => Promise<unknown>; message: string }>([
    {
      what: 'less than none',
      call: () => patch(Deployment, 'k', { spec: { replicas: -1 } }),
      message:
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      what: 'another object of the same name',
      call: () => patch(Deployment, 'k', { metadata: { uid: 'other' }, spec: { replicas: 3 } }),
      message:
        'Operation cannot be fulfilled on deployments/scale.apps "web": Precondition failed: UID in precondition: other',
    },
    {
      what: 'an older version',
      call: () => patch(Deployment, 'k', { metadata: { resourceVersion: '1' }, spec: { replicas: 3 } }),
      message: 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified',
    },
    {
      what: 'another name',
      call: () => put({ metadata: { name: 'other', namespace: 'default' }, spec: { replicas: 3 } }),
      message: 'the name of the object (other) does not match the name on the URL (web)',
    },
    {
      what: 'a size that is no number',
      call: () => patch(Deployment, 'k', { spec: { replicas: 'many' } }),
      message: 'cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
    },
  ])('$what', async ({ call, message }) => {
    await cluster.client.create<ApiObject>(WEB)
    await expect(call()).rejects.toThrow(message)
    expect((await live(Deployment)).spec.replicas).toBe(2)
  })

  test('a custom resource without a size is not patched into one that has none', async () => {
    await cluster.client.create(squad({}))
    await expect(patch(squadKind(), 'k', { metadata: { labels: { a: 'b' } } })).rejects.toThrow(
      'the spec replicas field ".spec.size" cannot be empty',
    )
  })
})

function send(request: Pick<ApiRequest, 'verb' | 'kind' | 'options'> & Partial<ApiRequest>): Promise<Scale> {
  const user = { username: 'system:admin', groups: ['system:masters'] }
  return cluster.server.send({ ...KEY, subresource: 'scale', user, ...request }) as Promise<Scale>
}

function read(kind: Kind): Promise<Scale> {
  return send({ verb: 'get', kind, options: {} })
}

function patch(kind: Kind, fieldManager: string, body: unknown): Promise<Scale> {
  return send({ verb: 'patch', kind, patchType: 'application/merge-patch+json', body, options: { fieldManager } })
}

function put(body: object): Promise<Scale> {
  const whole = { apiVersion: 'autoscaling/v1', kind: 'Scale', ...body }
  return send({ verb: 'update', kind: Deployment, body: whole, options: { fieldManager: 'k' } })
}

function apply(object: ApiObject): Promise<ApiObject> {
  return cluster.client.forManifests('owner').apply(object)
}

async function live<T extends ApiObject>(kind: Kind<T>): Promise<T> {
  const found = await cluster.client.get(kind, KEY)
  if (found === undefined) throw new Error(`no ${kind.kind}`)
  return found
}

/** Who owns `.spec.FIELD`, how and through what. */
async function ownersOf(kind: Kind, field: string): Promise<string[]> {
  const { managedFields = [] } = (await live(kind)).metadata
  return managedFields
    .filter(({ fieldsV1 }) => (fieldsV1 as { 'f:spec'?: object })?.['f:spec']?.hasOwnProperty(`f:${field}`))
    .map(({ manager, operation, subresource, apiVersion }) => [manager, operation, subresource, apiVersion].join(' '))
}

function squadKinds(): readonly Kind[] {
  const version = (name: string, storage: boolean): object => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
      },
    },
    subresources: { scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' } },
  })
  return kindsOf({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'squads.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Squad', plural: 'squads', singular: 'squad' },
      versions: [version('v1', true), version('v1beta1', false)],
    },
  } as CustomResourceDefinition)
}

function squadKind(): Kind {
  return cluster.client.scheme.byResource('example.com', 'v1', 'squads') as Kind
}

function squad(spec: object): ApiObject {
  return { apiVersion: 'example.com/v1', kind: 'Squad', metadata: KEY, spec } as ApiObject
}
