import { describe, expect, test } from 'vitest'
import { builtinSchema } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'
import { printFieldSet } from './field-set-text.ts'
import { objectShapeOf } from './object-shape.ts'
import { shapeOf } from './schema-shape.ts'
import { toFieldSet } from './to-field-set.ts'

function owned(value: unknown, schema: Schema): unknown {
  return JSON.parse(printFieldSet(toFieldSet(value, shapeOf(schema))))
}

describe('what is owned separately in built-in kinds', () => {
  const pod = builtinSchema('io.k8s.api.core.v1.Pod')

  test('containers by name, ports by number and protocol, selectors as a whole', () => {
    const spec = { containers: [{ name: 'web', ports: [{ containerPort: 80 }] }] }
    expect(owned({ spec }, pod)).toEqual({
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
          },
        },
      },
    })
    const selector = { matchLabels: { app: 'web' } }
    expect(owned({ spec: { selector } }, builtinSchema('io.k8s.api.apps.v1.Deployment'))).toEqual({
      'f:spec': { 'f:selector': {} },
    })
  })

  test('labels one by one, finalizers as a set, commands as a whole', () => {
    const metadata = { labels: { app: 'web' }, finalizers: ['a'] }
    expect(owned({ metadata, spec: { containers: [{ name: 'a', command: ['x', 'y'] }] } }, pod)).toEqual({
      'f:metadata': { 'f:finalizers': { 'v:"a"': {} }, 'f:labels': { 'f:app': {} } },
      'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:command': {}, 'f:name': {} } } },
    })
  })

  test('a quantity is one value, whatever JSON writes it with', () => {
    const containers = [{ name: 'a', resources: { requests: { cpu: 1 } } }]
    expect(owned({ spec: { containers } }, pod)).toMatchObject({
      'f:spec': { 'f:containers': { 'k:{"name":"a"}': { 'f:resources': { 'f:requests': { 'f:cpu': {} } } } } },
    })
  })
})

describe('custom kinds', () => {
  test('without a schema objects are owned by field, lists as a whole', () => {
    expect(owned({ spec: { a: { b: 1 }, list: [{ name: 'x' }] } }, { type: 'object' })).toEqual({
      'f:spec': { '.': {}, 'f:a': { '.': {}, 'f:b': {} }, 'f:list': {} },
    })
  })

  test('their extensions count', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        color: { type: 'object', additionalProperties: { type: 'integer' }, 'x-kubernetes-map-type': 'atomic' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'object' } } },
      },
    }
    expect(owned({ tags: ['x'], color: { red: 1 }, free: { a: { b: 1 } } }, schema)).toEqual({
      'f:color': {},
      'f:free': { 'f:a': { 'f:b': {} } },
      'f:tags': { 'v:"x"': {} },
    })
  })

  test('metadata is that of every object, whatever their schema says of it', () => {
    const shape = objectShapeOf({ type: 'object', properties: { metadata: { type: 'object' } } })
    const metadata = { ownerReferences: [{ uid: 'u1', name: 'web' }] }
    expect(JSON.parse(printFieldSet(toFieldSet({ metadata }, shape)))).toEqual({
      'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"u1"}': {} } },
    })
  })
})
