import { describe, expect, test } from 'vitest'
import type { Kind } from '../kind.ts'
import { builtinSchema } from './builtin.ts'
import { decodeTyped } from './decode.ts'
import type { Schema } from './schema.ts'

function builtin(group: string, version: string, kind: string, definition: string): Kind {
  return { group, version, kind, plural: '', singular: '', namespaced: true, schema: () => builtinSchema(definition) }
}

const Deployment = builtin('apps', 'v1', 'Deployment', 'io.k8s.api.apps.v1.Deployment')
const ConfigMap = builtin('', 'v1', 'ConfigMap', 'io.k8s.api.core.v1.ConfigMap')
const Secret = builtin('', 'v1', 'Secret', 'io.k8s.api.core.v1.Secret')
const Event = builtin('events.k8s.io', 'v1', 'Event', 'io.k8s.api.events.v1.Event')

function deployment(spec: unknown, metadata: unknown = { name: 'web' }): Record<string, unknown> {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }
}

describe('decodeTyped', () => {
  test('an object that is right comes back as it came', () => {
    const value = deployment({
      replicas: 3,
      template: { spec: { containers: [{ name: 'a', image: 'b', ports: [{ containerPort: 80 }] }] } },
    })
    const { object, unknownFields } = decodeTyped(Deployment, value)
    expect(object).toBe(value)
    expect(unknownFields).toEqual([])
  })

  test('nulls and unknown fields go, and what is beside them is shared', () => {
    const containers = [{ name: 'a' }]
    const value = deployment({ replicas: null, paused: true, template: { spec: { containers, foo: 1 } }, Replicas: 2 })
    const { object, unknownFields } = decodeTyped(Deployment, value)
    expect(object).toEqual(deployment({ paused: true, template: { spec: { containers } } }))
    expect(
      (object as unknown as { spec: { template: { spec: { containers: unknown } } } }).spec.template.spec.containers,
    ).toBe(containers)
    expect(unknownFields).toEqual(['unknown field "spec.template.spec.foo"', 'unknown field "spec.Replicas"'])
  })

  test('an unknown field of an item is named with its index', () => {
    const { unknownFields } = decodeTyped(
      Deployment,
      deployment({ template: { spec: { containers: [{ name: 'a' }, { nmae: 'b' }] } } }),
    )
    expect(unknownFields).toEqual(['unknown field "spec.template.spec.containers[1].nmae"'])
  })

  test.each([
    [
      deployment({ replicas: '3' }),
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment({ replicas: 1.5 }),
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment({ replicas: 3e9 }),
      'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment({ template: { spec: { containers: { name: 'a' } } } }),
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      deployment({ template: { spec: { containers: [{ name: 1 }] } } }),
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.name of type string',
    ],
    [
      deployment({}, { labels: { a: 1 } }),
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [deployment([]), 'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec'],
    [
      deployment({ template: { spec: { containers: [{ resources: { limits: { cpu: 'x' } } }] } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      deployment({}, { creationTimestamp: 'yesterday' }),
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      deployment({}, { creationTimestamp: '2024-13-01T00:00:00Z' }),
      'parsing time "2024-13-01T00:00:00Z": month out of range',
    ],
  ])('%j is refused in the words of Go', (value, why) => {
    const message = `Deployment in version "v1" cannot be handled as a Deployment: ${why}`
    expect(() => decodeTyped(Deployment, value)).toThrow(
      expect.objectContaining({ code: 400, reason: 'BadRequest', message }),
    )
  })

  test('null has no place in a map or list, and becomes the empty value', () => {
    const value = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { finalizers: [null] }, data: { a: null } }
    expect(decodeTyped(ConfigMap, value).object).toEqual({ ...value, metadata: { finalizers: [''] }, data: { a: '' } })
  })

  test('bytes must be base64', () => {
    expect(() => decodeTyped(Secret, { data: { a: '!!' } })).toThrow('illegal base64 data at input byte 0')
    expect(() => decodeTyped(Secret, { data: { a: 'abc' } })).toThrow('illegal base64 data at input byte')
    expect(decodeTyped(Secret, { data: { a: 'YWJj' } }).unknownFields).toEqual([])
  })

  test('a time with microseconds needs all six digits', () => {
    expect(decodeTyped(Event, { eventTime: '2024-01-01T00:00:00.123456Z' }).unknownFields).toEqual([])
    expect(() => decodeTyped(Event, { eventTime: '2024-01-01T00:00:00Z' })).toThrow('cannot parse "Z" as ".000000"')
  })
})

describe('decodeTyped of a custom kind', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          raw: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          note: { type: 'string', nullable: true },
        },
      },
    },
  }
  const Crontab: Kind = {
    group: 'example.com',
    version: 'v1',
    kind: 'CronTab',
    plural: 'crontabs',
    singular: 'crontab',
    namespaced: true,
    custom: true,
    schema: () => schema,
  }
  const crontab = (spec: unknown, metadata: unknown = { name: 'a' }): Record<string, unknown> => ({
    apiVersion: 'example.com/v1',
    kind: 'CronTab',
    metadata,
    spec,
  })

  test('undeclared fields go, and are reported with those of metadata', () => {
    const value = crontab({ size: 1, foo: 2, raw: { any: { thing: 1 } } }, { name: 'a', bar: 1 })
    const { object, unknownFields } = decodeTyped(Crontab, value)
    expect(object).toEqual(crontab({ size: 1, raw: { any: { thing: 1 } } }))
    expect(unknownFields).toEqual(['unknown field "spec.foo"', 'unknown field "metadata.bar"'])
  })

  test('nulls stay where the schema allows them', () => {
    expect(decodeTyped(Crontab, crontab({ size: null, note: null })).object).toEqual(crontab({ note: null }))
  })

  test('values are not looked at: that is validation', () => {
    const value = crontab({ size: 'large' })
    expect(decodeTyped(Crontab, value).object).toBe(value)
  })
})
