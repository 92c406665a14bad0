import { describe, expect, test } from 'vitest'
import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { decodeTyped } from '../../schema/decode.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../types.generated.ts'
import { kindsOf } from './custom-kind.ts'
import { defaultDefinition } from './default-definition.ts'

const V1: CustomResourceDefinitionVersion = {
  name: 'v1',
  served: true,
  storage: true,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['size'],
          properties: {
            size: { type: 'integer', minimum: 1 },
            color: { type: 'string', default: 'red' },
            tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
          },
          'x-kubernetes-validations': [{ rule: 'self.size < 10', message: 'too large' }],
        },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    },
  },
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.size',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
  additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  selectableFields: [{ jsonPath: '.spec.color' }],
}

const OLD: CustomResourceDefinitionVersion = {
  name: 'v1beta1',
  served: true,
  storage: false,
  deprecated: true,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { size: { type: 'integer' }, shape: { type: 'string', default: 'round' } },
        },
      },
    },
  },
}

function definition(...versions: readonly CustomResourceDefinitionVersion[]): CustomResourceDefinition {
  return defaultDefinition({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
      versions,
    },
  })
}

function only(kinds: readonly Kind[]): Kind {
  const [kind] = kinds
  if (kind === undefined) throw new Error('there is no kind')
  return kind
}

function widget(parts: object, apiVersion = 'example.com/v1'): ApiObject {
  return { apiVersion, kind: 'Widget', metadata: { name: 'one', namespace: 'default' }, ...parts } as ApiObject
}

function problems(kind: Kind, object: ApiObject, old?: ApiObject): readonly string[] {
  return [...(kind.validate?.(object, old) ?? [])].map(({ field, message }) => `${field}: ${message}`)
}

describe('kindsOf', () => {
  const widgets = only(kindsOf(definition(V1)))

  test('a kind says of itself what its definition says', () => {
    expect(widgets).toMatchObject({
      group: 'example.com',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      singular: 'widget',
      listKind: 'WidgetList',
      namespaced: true,
      shortNames: ['wd'],
      categories: ['all'],
      custom: true,
    })
    expect(widgets.subresources?.map(({ name, scale }) => ({ name, scale }))).toEqual([
      { name: 'status', scale: undefined },
      { name: 'scale', scale: { spec: '.spec.size', status: '.status.replicas', selector: '.status.selector' } },
    ])
    expect(widgets.columns?.map(({ name }) => name)).toEqual(['Name', 'Size'])
    const [field] = widgets.selectableFields ?? []
    expect(field?.path).toBe('spec.color')
    expect(field?.value(widget({ spec: { color: 'blue' } }))).toBe('blue')
    expect(field?.value(widget({ spec: {} }))).toBe('')
  })

  test('objects are read, defaulted and validated by the schema', () => {
    const { object, unknownFields } = decodeTyped(widgets, widget({ spec: { size: 1, foo: 2 } }))
    expect(unknownFields).toEqual(['unknown field "spec.foo"'])
    expect(widgets.default?.(object)).toEqual(widget({ spec: { size: 1, color: 'red' } }))
    expect(problems(widgets, widget({ spec: { size: 1 } }))).toEqual([])
    expect(problems(widgets, widget({ spec: { size: 11 } }))).toEqual(['spec: Invalid value: too large'])
    expect(problems(widgets, widget({ spec: { size: 1, tags: ['a', 'a'] } }))).toEqual([
      'spec.tags[1]: Duplicate value: "a"',
    ])
  })

  test('rules wait until the object has the right form', () => {
    expect(problems(widgets, widget({ spec: { size: 'big' } }))).toEqual([
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
      '.spec.size: Invalid value: 0: .spec.size accessor error: big is of the type string, expected int64',
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ])
  })

  test('what was wrong before is excused where it did not change', () => {
    const old = widget({ spec: { size: 11, tags: ['a', 'a'] } })
    const metadata = { name: 'one', namespace: 'default', labels: { a: 'b' } }
    expect(problems(widgets, { ...old, metadata }, old)).toEqual([])
    expect(problems(widgets, widget({ spec: { size: 12, tags: ['a', 'a'] } }), old)).toEqual([
      'spec: Invalid value: too large',
    ])
  })

  test('a status has an endpoint of its own', () => {
    const stored = widget({ spec: { size: 1 }, status: { replicas: 1 } })
    const sent = widget({ spec: { size: 2 }, status: { replicas: 2 } })
    expect(widgets.prepareForCreate?.(sent)).toEqual(widget({ spec: { size: 2 } }))
    expect(widgets.prepareForUpdate?.(sent, stored)).toEqual(widget({ spec: { size: 2 }, status: { replicas: 1 } }))
    const wrong = widget({ spec: { size: 1 }, status: { replicas: 'x' } })
    const causes = [...(widgets.validateStatus?.(wrong, stored) ?? [])]
    expect(causes[0]).toEqual({
      reason: 'FieldValueTypeInvalid',
      field: 'status.replicas',
      message: 'Invalid value: "string": replicas in body must be of type integer: "string"',
    })
  })

  test('without one it is part of the object', () => {
    const plain = only(kindsOf(definition({ ...V1, subresources: {} })))
    expect(plain.subresources).toEqual([])
    expect(plain.prepareForCreate).toBeUndefined()
    expect(plain.validateStatus).toBeUndefined()
  })

  test('finalizers that could be taken for those of others are warned of', () => {
    const metadata = { name: 'one', namespace: 'default', finalizers: ['a', 'example.com/b', 'example.com', 'orphan'] }
    expect([...(widgets.warnings?.({ ...widget({}), metadata }) ?? [])]).toEqual([
      'metadata.finalizers: "a": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
      'metadata.finalizers: "example.com": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
    ])
  })
})

describe('other versions', () => {
  const [stored, beta] = kindsOf(definition(V1, OLD))

  test('are stored as the one that is', () => {
    expect(stored?.storedAs).toBeUndefined()
    expect(beta?.storedAs?.kind.version).toBe('v1')
    const object = widget({ spec: { size: 1 } }, 'example.com/v1beta1')
    expect(beta?.storedAs?.encode(object)).toEqual(widget({ spec: { size: 1 } }))
  })

  test('show what they know of an object', () => {
    const object = widget({ spec: { size: 1, color: 'red' } })
    const shown = beta?.storedAs?.decode(object)
    expect(shown).toEqual(widget({ spec: { size: 1, shape: 'round' } }, 'example.com/v1beta1'))
    expect(beta?.storedAs?.decode(object)).toBe(shown)
  })

  test('warn when they are deprecated', () => {
    expect([...(beta?.warnings?.(widget({}, 'example.com/v1beta1')) ?? [])]).toEqual([
      'example.com/v1beta1 Widget is deprecated',
    ])
  })

  test('are left out when they are not served, even the stored one', () => {
    const kinds = kindsOf(definition({ ...V1, served: false }, OLD))
    expect(kinds.map(({ version, storedAs }) => [version, storedAs?.kind.version])).toEqual([['v1beta1', 'v1']])
  })

  test('that need a webhook say so', () => {
    const crd = definition(V1, OLD)
    const kinds = kindsOf({ ...crd, spec: { ...crd.spec, conversion: { strategy: 'Webhook' } } })
    expect(() => kinds[1]?.storedAs?.decode(widget({}))).toThrow(
      'conversion between example.com/v1 and example.com/v1beta1, Kind=Widget needs a webhook, and none is called',
    )
  })
})
