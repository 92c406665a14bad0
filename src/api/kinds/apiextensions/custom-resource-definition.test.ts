import { describe, expect, test } from 'vitest'
import type { Cause } from '../../errors.ts'
import type { CustomResourceDefinitionSpec, JSONSchemaProps } from '../../types.generated.ts'
import { installedCrds } from '../installed-crds.ts'
import { CustomResourceDefinition } from './custom-resource-definition.ts'
import { definitionStatus, servedStatus } from './definition-status.ts'

const NOW = '2026-01-01T00:00:00Z'
const LATER = '2026-01-02T00:00:00Z'

function definition(
  schema: JSONSchemaProps = { type: 'object' },
  spec: Partial<CustomResourceDefinitionSpec> = {},
): CustomResourceDefinition {
  return prepared({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      ...spec,
    },
  })
}

/** As a server has it when it validates it. */
function prepared(crd: CustomResourceDefinition): CustomResourceDefinition {
  const created = CustomResourceDefinition.prepareForCreate?.(crd) ?? crd
  return CustomResourceDefinition.default?.(created) ?? created
}

function updated(crd: CustomResourceDefinition, old: CustomResourceDefinition): CustomResourceDefinition {
  return CustomResourceDefinition.prepareForUpdate?.(crd, old) ?? crd
}

function problems(crd: CustomResourceDefinition, old?: CustomResourceDefinition): readonly string[] {
  const causes: Iterable<Cause> = CustomResourceDefinition.validate?.(crd, old) ?? []
  return [...causes].map(({ field, message }) => `${field}: ${message}`)
}

describe('a definition', () => {
  test('gets the names that follow from its kind, and the version that it stores', () => {
    const { spec, status } = definition()
    expect(spec.names).toEqual({ plural: 'widgets', kind: 'Widget', singular: 'widget', listKind: 'WidgetList' })
    expect(spec.conversion).toEqual({ strategy: 'None' })
    expect(status?.storedVersions).toEqual(['v1'])
    const complete = definition()
    expect(CustomResourceDefinition.default?.(complete)).toBe(complete)
  })

  test('remembers every version that it stored', () => {
    const old = definition()
    const versions = [
      { name: 'v2', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      { name: 'v1', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
    ]
    const next = updated({ ...old, spec: { ...old.spec, versions }, status: { storedVersions: [] } }, old)
    expect(next.status?.storedVersions).toEqual(['v1', 'v2'])
    expect(problems(next, old)).toEqual([])
    const dropped = updated({ ...old, spec: { ...old.spec, versions: versions.slice(0, 1) } }, old)
    expect(problems(dropped, old)[0]).toContain(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions',
    )
  })

  test('is named after what it defines', () => {
    const crd = definition()
    expect(problems({ ...crd, metadata: { name: 'gadgets.example.com' } })).toEqual([
      'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
    ])
  })

  test('with one schema for all versions is told of it at the root', () => {
    const crd = definition({ type: 'object', properties: { spec: { type: 'array' } } })
    expect(problems(crd)).toEqual([
      'spec.validation.openAPIV3Schema.properties[spec].items: Required value: must be specified',
    ])
  })

  test('has defaults that its schema lets stand', () => {
    const crd = definition({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          default: { size: 0, foo: 1 },
          properties: { size: { type: 'integer', minimum: 1, default: 'x' } },
        },
      },
    })
    const at = 'spec.validation.openAPIV3Schema.properties[spec]'
    expect(problems(crd)).toEqual([
      `${at}.default: Invalid value: {"size":0,"foo":1}: must not have unknown fields`,
      `${at}.default.size: Invalid value: 0: size in body should be greater than or equal to 1`,
      `${at}.properties[size].default: Invalid value: "string":  in body must be of type integer: "string"`,
    ])
  })

  test('has rules that compile, and that cost what they may', () => {
    const crd = definition({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { names: { type: 'array', items: { type: 'string' } } },
          'x-kubernetes-validations': [
            { rule: 'self.nmes.size() > 0' },
            { rule: 'self.names.all(x, self.names.all(y, x.contains(y)))' },
          ],
        },
      },
    })
    const [wrong, costly, ...rest] = problems(crd)
    const at = 'spec.validation.openAPIV3Schema'
    expect(wrong).toContain(`${at}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":`)
    expect(wrong).toContain("undefined field 'nmes'")
    expect(costly).toContain('estimated rule cost exceeds budget by factor of more than 100x')
    expect(rest).toHaveLength(2)
    expect(rest[1]).toContain(`${at}: Forbidden: x-kubernetes-validations estimated rule cost total`)
  })

  test('keeps what it stores objects by', () => {
    const old = definition()
    const next = { ...old, spec: { ...old.spec, group: 'example.org', scope: 'Cluster' } }
    expect(problems(next, old)).toEqual(['spec.group: Invalid value: "example.org": field is immutable'])
    const established = { ...old, status: definitionStatus(old, [], NOW) }
    expect(problems({ ...next, status: established.status ?? {} }, established)).toHaveLength(2)
  })

  test('may go on doing what it should not have done', () => {
    const old = definition({ type: 'object', properties: { a: { type: 'bogus' } } })
    expect(problems(old)).toHaveLength(1)
    expect(problems({ ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }, old)).toEqual([])
  })

  test('of a protected group needs an approval', () => {
    const crd = definition(undefined, { group: 'x.k8s.io' })
    const named = { ...crd, metadata: { name: 'widgets.x.k8s.io' } }
    expect(problems(named)[0]).toContain(
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups',
    )
    const annotations = { 'api-approved.kubernetes.io': 'unapproved, for testing' }
    expect(problems({ ...named, metadata: { ...named.metadata, annotations } })).toEqual([])
  })

  test('warns of formats that nobody knows', () => {
    const crd = definition({ type: 'object', properties: { a: { type: 'string', format: 'colour' } } })
    expect([...(CustomResourceDefinition.warnings?.(crd) ?? [])]).toEqual(['unrecognized format "colour"'])
    expect([...(CustomResourceDefinition.warnings?.(crd, crd) ?? [])]).toEqual([])
  })
})

describe('its status', () => {
  test('accepts names that nobody has, and then serves', () => {
    const crd = definition()
    const status = definitionStatus(crd, [crd], NOW)
    expect(status.acceptedNames).toEqual(crd.spec.names)
    expect(status.conditions).toEqual([
      {
        type: 'NamesAccepted',
        status: 'True',
        reason: 'NoConflicts',
        message: 'no conflicts found',
        lastTransitionTime: NOW,
      },
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
        lastTransitionTime: NOW,
      },
    ])
    expect(definitionStatus({ ...crd, status }, [crd], LATER)).toBe(status)
  })

  test('leaves names to those who have them', () => {
    const first = definition()
    const holder = { ...first, metadata: { name: 'gadgets.example.com' }, status: definitionStatus(first, [], NOW) }
    const crd = definition(undefined, { names: { plural: 'wodgets', kind: 'Widget', shortNames: ['w'] } })
    const status = definitionStatus({ ...crd, metadata: { name: 'wodgets.example.com' } }, [holder], NOW)
    expect(status.acceptedNames).toEqual({ kind: '', plural: 'wodgets', shortNames: ['w'] })
    expect(status.conditions?.map(({ type, status: is, reason, message }) => [type, is, reason, message])).toEqual([
      ['NamesAccepted', 'False', 'ListKindConflict', '"WidgetList" is already in use'],
      ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
    ])
    const freed = definitionStatus({ ...crd, metadata: { name: 'wodgets.example.com' }, status }, [], LATER)
    expect(freed.conditions?.map(({ type, status: is, lastTransitionTime }) => [type, is, lastTransitionTime])).toEqual(
      [
        ['NamesAccepted', 'True', LATER],
        ['Established', 'True', LATER],
      ],
    )
  })

  test('tells of schemas that are not structural, until they are', () => {
    const crd = definition({ type: 'object', properties: { a: {} } })
    const status = definitionStatus(crd, [], NOW)
    expect(status.conditions?.at(-1)).toMatchObject({
      type: 'NonStructuralSchema',
      status: 'True',
      reason: 'Violations',
      message:
        'spec.versions[0].schema.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
    })
    const repaired = definitionStatus({ ...definition(), status }, [], LATER)
    expect(repaired.conditions?.map(({ type }) => type)).toEqual(['NamesAccepted', 'Established'])
  })
})

describe('the definitions that every platform has', () => {
  test.each(installedCrds().map((crd) => ({ name: crd.metadata.name, crd })))('$name is valid', ({ crd }) => {
    const complete = prepared(crd)
    expect(problems(complete)).toEqual([])
    expect(definitionStatus(complete, [], NOW)).toEqual(servedStatus(complete, NOW))
  })
})
