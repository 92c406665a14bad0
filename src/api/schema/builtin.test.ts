import { describe, expect, test } from 'vitest'
import { builtinSchema } from './builtin.ts'
import { BUILTIN_FACTS, builtinDefinition } from './builtin-table.ts'
import type { Schema } from './schema.ts'

const POD_SPEC = 'io.k8s.api.core.v1.PodSpec'

describe('builtinSchema', () => {
  test('every definition of the table has a schema, down to its scalars', () => {
    const seen = new Set<Schema>()
    const visit = (schema: Schema): void => {
      if (seen.has(schema)) return
      seen.add(schema)
      const { properties = {}, items, additionalProperties } = schema
      for (const property of Object.values(properties)) visit(property)
      if (items !== undefined) visit(items)
      if (typeof additionalProperties === 'object') visit(additionalProperties)
    }
    for (const [scope, definitions] of Object.entries(BUILTIN_FACTS)) {
      for (const name of Object.keys(definitions)) visit(builtinSchema(`${scope}.${name}`))
    }
    expect(seen.size).toBeGreaterThan(1000)
  })

  test('a definition that contains itself is a cycle, not an endless tree', () => {
    const props = builtinSchema('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
    expect(props.properties?.['not']).toBe(props)
    expect(props.properties?.['properties']?.additionalProperties).toBe(props)
  })

  test('a field says how patches and server-side apply merge it', () => {
    const { properties = {} } = builtinSchema('io.k8s.api.core.v1.Container')
    expect(properties['ports']).toMatchObject({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'containerPort',
    })
    expect(properties['ports']?.items?.properties?.['protocol']).toEqual({ type: 'string', default: 'TCP' })
    expect(builtinSchema('io.k8s.api.apps.v1.DeploymentSpec').properties?.['strategy']).toMatchObject({
      definition: 'io.k8s.api.apps.v1.DeploymentStrategy',
      'x-kubernetes-patch-strategy': 'retainKeys',
    })
    expect(builtinSchema(POD_SPEC).properties?.['nodeSelector']?.['x-kubernetes-map-type']).toBe('atomic')
    expect(builtinSchema('io.k8s.api.core.v1.ObjectReference')['x-kubernetes-map-type']).toBe('atomic')
  })

  test('the fields of an embedded struct stand among its own', () => {
    const { properties = {}, required } = builtinSchema('io.k8s.api.core.v1.Volume')
    expect(properties).toHaveProperty('configMap')
    expect(properties).not.toHaveProperty('volumeSource')
    expect(required).toEqual(['name'])
  })

  test('numbers, quantities, times and free values have the formats that upstream publishes', () => {
    const pod = builtinSchema(POD_SPEC).properties ?? {}
    expect(pod['terminationGracePeriodSeconds']).toEqual({ type: 'integer', format: 'int64' })
    expect(pod['overhead']?.additionalProperties).toMatchObject({ type: 'string' })
    const meta = builtinSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta').properties ?? {}
    expect(meta['creationTimestamp']).toMatchObject({ type: 'string', format: 'date-time' })
    const action = builtinSchema('io.k8s.api.core.v1.HTTPGetAction').properties ?? {}
    expect(action['port']).toMatchObject({ format: 'int-or-string', 'x-kubernetes-int-or-string': true })
    expect(builtinSchema('io.k8s.api.core.v1.Secret').properties?.['data']?.additionalProperties).toEqual({
      type: 'string',
      format: 'byte',
    })
  })

  test('an unknown definition is a bug of the caller', () => {
    expect(() => builtinSchema('io.k8s.api.core.v1.Nonsense')).toThrow('definition of the built-in API')
  })
})

describe('builtinDefinition', () => {
  test.each([
    ['apps', 'v1', 'Deployment', 'io.k8s.api.apps.v1.Deployment'],
    ['', 'v1', 'PodList', 'io.k8s.api.core.v1.PodList'],
    ['apps', 'v1', 'DeleteOptions', 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'],
    ['', 'v1', 'Status', 'io.k8s.apimachinery.pkg.apis.meta.v1.Status'],
    ['meta.k8s.io', 'v1', 'PartialObjectMetadata', 'io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata'],
    ['apps', 'v1', 'PartialObjectMetadata', undefined],
    ['apps', 'v1beta1', 'Deployment', undefined],
    ['apps', 'v1', 'DeploymentSpec', undefined],
  ])('%s/%s %s is %s', (group, version, kind, definition) => {
    expect(builtinDefinition({ group, version, kind })).toBe(definition)
  })
})
