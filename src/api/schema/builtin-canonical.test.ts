import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinObjects, writtenObjects } from '../../../test/support/builtin-objects.ts'
import { decodeProtobuf, encodeProtobuf } from '../protobuf/protobuf.ts'
import { canonicalObject } from './builtin-canonical.ts'
import { apiVersionOf } from '../kind.ts'
import { BUILTIN_GROUPS } from './builtin-groups.ts'
import { BUILTIN_FACTS } from './builtin-table.ts'

const POD = 'io.k8s.api.core.v1.Pod'

describe('a canonical object', () => {
  test('has quantities as upstream prints them', () => {
    const limits = { cpu: 0.5, memory: '1024Mi', 'example.com/gpu': '1' }
    const pod = { metadata: {}, spec: { containers: [{ name: 'a', resources: { limits } }] }, status: {} }
    expect(canonicalObject(POD, pod).spec.containers[0]?.resources.limits).toEqual({
      cpu: '500m',
      memory: '1Gi',
      'example.com/gpu': '1',
    })
  })

  test('has no zeros that mean nothing, and keeps those that were meant', () => {
    const container = { name: 'a', image: '', tty: false, command: [], resources: {}, env: [{ name: 'E', value: '' }] }
    const spec = { containers: [container], hostNetwork: false, terminationGracePeriodSeconds: 0, nodeSelector: {} }
    expect(canonicalObject(POD, { metadata: { labels: {} }, spec, status: {} })).toEqual({
      metadata: {},
      spec: { containers: [{ name: 'a', resources: {}, env: [{ name: 'E' }] }], terminationGracePeriodSeconds: 0 },
      status: {},
    })
  })

  test('has the structs that Go has, however empty', () => {
    expect(canonicalObject('io.k8s.api.core.v1.Service', { metadata: { name: 'a' } })).toEqual({
      metadata: { name: 'a' },
      spec: {},
      status: { loadBalancer: {} },
    })
  })

  test('has times in UTC', () => {
    const lease = { metadata: {}, spec: { renewTime: '2026-07-01T05:30:00.5+05:30' } }
    expect(canonicalObject('io.k8s.api.coordination.v1.Lease', lease).spec.renewTime).toBe(
      '2026-07-01T00:00:00.500000Z',
    )
  })

  test('is the same object when it was canonical before', () => {
    const decoded = decodeProtobuf(
      encodeProtobuf({ apiVersion: 'v1', kind: 'Pod', spec: { containers: [{}] } } as never),
    )
    expect(canonicalObject(POD, decoded)).toBe(decoded)
  })

  const kinds = Object.entries(BUILTIN_FACTS).flatMap(([scope, of]) =>
    Object.keys(of)
      .filter((kind) => of[kind]?.kind === true)
      .map((kind) => ({ scope, kind, definition: `${scope}.${kind}` })),
  )

  test.each(kinds)('$definition: as upstream holds it', ({ definition, scope, kind }) => {
    const { group, version } = BUILTIN_GROUPS.get(scope) ?? { group: '', version: '' }
    const typeMeta = { apiVersion: apiVersionOf({ group, version }), kind }
    fc.assert(
      fc.property(writtenObjects(definition), builtinObjects(definition), (written, canonical) => {
        const held = decodeProtobuf(encodeProtobuf({ ...typeMeta, ...written }))
        expect(canonicalObject(definition, { ...typeMeta, ...written })).toEqual(held)
        expect(canonicalObject(definition, canonical)).toBe(canonical)
      }),
      { numRuns: 20 },
    )
  })
})
