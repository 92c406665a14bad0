import { describe, expect, test } from 'vitest'
import type { Kind } from '../kind.ts'
import { builtinKinds } from '../kinds/builtin-kinds.ts'
import type { Schema } from '../schema/schema.ts'
import { parseDescriptions } from './definition.ts'
import { OpenApi, type Published } from './openapi.ts'

const DEPLOYMENTS = '/apis/apps/v1/namespaces/{namespace}/deployments'
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' }

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly components?: { readonly schemas: Readonly<Record<string, Schema>> }
}

function read(published: Published | undefined): Document {
  return JSON.parse(published?.bytes.toString() ?? 'null') as Document
}

/** A kind that came with a CustomResourceDefinition. */
function virtualService(spec: Schema): Kind {
  return {
    group: 'networking.istio.io',
    version: 'v1',
    kind: 'VirtualService',
    plural: 'virtualservices',
    singular: 'virtualservice',
    namespaced: true,
    custom: true,
    subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
    schema: () => ({ type: 'object', properties: { spec } }),
  }
}

const ROUTES = virtualService({ type: 'object', properties: { hosts: { type: 'array', items: { type: 'string' } } } })
const KINDS = [...builtinKinds(), ROUTES]

describe('a document of OpenAPI 3', () => {
  const document = read(new OpenApi().documentV3(KINDS, 'apis/apps/v1'))

  test('has an operation for each verb, by which clients find kinds and their parameters', () => {
    const { get, post, delete: collection } = document.paths[DEPLOYMENTS] ?? {}
    expect(get).toMatchObject({ operationId: 'listAppsV1NamespacedDeployment', 'x-kubernetes-action': 'list' })
    expect(post).toMatchObject({ operationId: 'createAppsV1NamespacedDeployment', 'x-kubernetes-action': 'post' })
    expect(collection).toMatchObject({ operationId: 'deleteAppsV1CollectionNamespacedDeployment' })
    expect(document.paths['/apis/apps/v1/deployments']).toHaveProperty(
      'get.operationId',
      'listAppsV1DeploymentForAllNamespaces',
    )
    expect(document.paths[`${DEPLOYMENTS}/{name}`]).toMatchObject({
      get: { operationId: 'readAppsV1NamespacedDeployment', 'x-kubernetes-group-version-kind': DEPLOYMENT },
      put: { 'x-kubernetes-action': 'put' },
      delete: { 'x-kubernetes-action': 'delete' },
    })
  })

  test('says that PATCH validates fields, or kubectl apply would not let the server do it', () => {
    const patch = document.paths[`${DEPLOYMENTS}/{name}`]?.['patch']
    expect(patch?.['x-kubernetes-group-version-kind']).toEqual(DEPLOYMENT)
    expect(patch?.['parameters']).toContainEqual({
      in: 'query',
      name: 'fieldValidation',
      schema: { type: 'string', uniqueItems: true },
    })
    const body = patch?.['requestBody'] as { content: object } | undefined
    expect(Object.keys(body?.content ?? {})).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ])
  })

  test('a subresource is of the kind of its bodies', () => {
    expect(document.paths[`${DEPLOYMENTS}/{name}/scale`]).toMatchObject({
      get: { 'x-kubernetes-group-version-kind': { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    })
  })

  test('gives what is never absent its zero as default, and references their own node', () => {
    const container = document.components?.schemas['io.k8s.api.core.v1.Container']
    expect(container).toMatchObject({
      required: ['name'],
      properties: {
        name: { type: 'string', default: '' },
        command: { items: { type: 'string', default: '' }, 'x-kubernetes-list-type': 'atomic' },
        livenessProbe: { $ref: '#/components/schemas/io.k8s.api.core.v1.Probe' },
        resources: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ResourceRequirements' }], default: {} },
      },
    })
    expect(document.components?.schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      format: 'int-or-string',
      oneOf: [{ type: 'integer' }, { type: 'string' }],
    })
  })
})

describe('all documents', () => {
  const descriptions = {
    'io.k8s.api.core.v1.Pod': 'A pod.',
    'io.k8s.api.core.v1.PodSpec.hostname': 'Its name.',
    'io.k8s.api.core.v1.Affinity': 'Where it likes to be.',
  }
  const openapi = new OpenApi(parseDescriptions(JSON.stringify(descriptions)))
  const { paths: index } = JSON.parse(openapi.indexV3(KINDS).bytes.toString()) as {
    paths: Record<string, { serverRelativeURL: string }>
  }

  test.each(['v2', ...Object.keys(index)])('%s: what is referred to is there', (key) => {
    const published = key === 'v2' ? openapi.documentV2(KINDS, 'json') : openapi.documentV3(KINDS, key)
    const text = published?.bytes.toString() ?? ''
    const document = read(published)
    const known = new Set(Object.keys(document.definitions ?? document.components?.schemas ?? {}))
    const referred = [...text.matchAll(/"\$ref":"#\/(?:definitions|components\/schemas)\/([^"]+)"/g)].map(
      ([, name]) => name,
    )
    expect(referred.length).toBeGreaterThan(0)
    expect(referred.filter((name) => !known.has(name ?? ''))).toEqual([])
  })

  test('no two operations share an id', () => {
    const ids = Object.values(read(openapi.documentV2(KINDS, 'json')).paths).flatMap((path) =>
      Object.values(path).map((operation) => operation['operationId']),
    )
    const given = ids.filter((id) => id !== undefined)
    expect(given.length).toBeGreaterThan(600)
    expect(new Set(given).size).toBe(given.length)
  })

  test('carry the descriptions that they were handed', () => {
    const { definitions = {} } = read(openapi.documentV2(KINDS, 'json'))
    expect(definitions['io.k8s.api.core.v1.Pod']?.description).toBe('A pod.')
    expect(definitions['io.k8s.api.core.v1.PodSpec']?.properties?.['hostname']?.description).toBe('Its name.')
  })

  test('say of a field without words of its own what its type is for', () => {
    const { definitions = {} } = read(openapi.documentV2(KINDS, 'json'))
    const pod = definitions['io.k8s.api.core.v1.Pod']?.properties ?? {}
    expect(pod['metadata']?.description).toMatch(/^What every object has/)
    expect(pod['spec']?.description).toBe('What is wanted of the object.')
    const list = definitions['io.k8s.api.core.v1.PodList']?.properties ?? {}
    expect(list['metadata']?.description).toMatch(/^What every list has/)
    const { schemas = {} } = read(openapi.documentV3(KINDS, 'api/v1')).components ?? {}
    const affinity = schemas['io.k8s.api.core.v1.PodSpec']?.properties?.['affinity']
    expect(affinity).toEqual({
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Affinity' }],
      description: 'Where it likes to be.',
    })
  })

  test('the index lists groups, versions and discovery, each with the hash of its document', () => {
    expect(Object.keys(index)).toEqual(
      expect.arrayContaining(['api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'version']),
    )
    const { etag } = openapi.documentV3(KINDS, 'apis/apps/v1') ?? {}
    expect(index['apis/apps/v1']?.serverRelativeURL).toBe(`/openapi/v3/apis/apps/v1?hash=${etag}`)
    expect(openapi.documentV3(KINDS, 'apis/nonsense/v1')).toBeUndefined()
  })

  test('are written again only when their own kinds have changed', () => {
    const apps = openapi.documentV3(KINDS, 'apis/apps/v1')
    const istio = openapi.documentV3(KINDS, 'apis/networking.istio.io/v1')
    const changed = [...builtinKinds(), virtualService({ type: 'object', properties: { gateways: {} } })]
    expect(openapi.documentV3(changed, 'apis/apps/v1')).toBe(apps)
    expect(openapi.documentV3(changed, 'apis/networking.istio.io/v1')?.etag).not.toBe(istio?.etag)
    expect(openapi.indexV3(changed).etag).not.toBe(openapi.indexV3(KINDS).etag)
  })
})

describe('a custom kind', () => {
  const spec: Schema = {
    type: 'object',
    required: ['hosts', 'maybe'],
    properties: {
      hosts: { type: 'array', items: { type: 'string' } },
      maybe: { type: 'string', nullable: true },
      port: { 'x-kubernetes-int-or-string': true },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
      choice: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }], default: {} },
      template: { type: 'object', 'x-kubernetes-embedded-resource': true },
    },
  }
  const kinds = [virtualService(spec)]
  const name = 'io.istio.networking.v1.VirtualService'

  test('is published in OpenAPI 3 as it is, with what every object has', () => {
    const { schemas = {} } = read(new OpenApi().documentV3(kinds, 'apis/networking.istio.io/v1')).components ?? {}
    expect(schemas[name]).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: 'networking.istio.io', version: 'v1', kind: 'VirtualService' }],
      properties: {
        metadata: {
          allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
          description: expect.stringContaining('its name and namespace'),
        },
        spec: {
          properties: {
            maybe: { type: 'string', nullable: true },
            port: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
            template: { required: ['kind', 'apiVersion'], properties: { apiVersion: { type: 'string' } } },
          },
        },
      },
    })
    expect(schemas[`${name}List`]).toMatchObject({
      properties: { items: { items: { $ref: `#/components/schemas/${name}` } } },
    })
  })

  test('is published in OpenAPI 2 without what older clients misread', () => {
    const { definitions = {} } = read(new OpenApi().documentV2(kinds, 'json'))
    const published = definitions[name]?.properties?.['spec']
    expect(published?.required).toEqual(['hosts'])
    expect(published?.properties).toMatchObject({ hosts: { type: 'array' }, choice: { type: 'object' } })
    expect(published?.properties?.['maybe']).toEqual({})
    expect(published?.properties?.['free']).toEqual({ 'x-kubernetes-preserve-unknown-fields': true })
    expect(published?.properties?.['choice']).toEqual({ type: 'object' })
  })

  test('has its common fields described as built-in kinds have', () => {
    const { definitions = {} } = read(
      new OpenApi({ 'io.k8s.api.core.v1.Pod.kind': 'Its kind.' }).documentV2(kinds, 'json'),
    )
    expect(definitions[name]?.properties?.['kind']).toEqual({ type: 'string', description: 'Its kind.' })
    expect(definitions[name]?.properties?.['metadata']?.description).toMatch(/^What every object has/)
  })

  test('takes no strategic merge patch and no protobuf', () => {
    const { paths } = read(new OpenApi().documentV2(kinds, 'json'))
    const patch = paths['/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices/{name}/status']?.['patch']
    expect(patch?.['consumes']).toEqual([
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/apply-patch+yaml',
    ])
    expect(patch?.['produces']).toEqual(['application/json', 'application/yaml'])
  })
})
