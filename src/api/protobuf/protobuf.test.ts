import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinObjects } from '../../../test/support/builtin-objects.ts'
import { StatusError } from '../errors.ts'
import { apiVersionOf } from '../kind.ts'
import { BUILTIN_GROUPS, META } from '../schema/builtin-groups.ts'
import { BUILTIN_FACTS } from '../schema/builtin-table.ts'
import { decodeProtobuf, encodeProtobuf, hasProtobuf, watchFrame } from './protobuf.ts'

const POD = { group: '', version: 'v1', kind: 'Pod' }

/** `k8s\0`, then a runtime.Unknown of apiVersion v1, kind Pod, with `raw` as its body. */
function podEnvelope(raw: readonly number[]): Buffer {
  const meta = [0x0a, 9, 0x0a, 2, 0x76, 0x31, 0x12, 3, 0x50, 0x6f, 0x64]
  return Buffer.from([0x6b, 0x38, 0x73, 0, ...meta, 0x12, raw.length, ...raw])
}

function problemOf(bytes: Uint8Array): StatusError {
  try {
    decodeProtobuf(bytes, POD)
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('decoded')
}

describe('an object in protobuf', () => {
  test('has the bytes that upstream writes', () => {
    const event = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: '2', a: '1' } }
    const typeMeta = '0a0f0a0276311209436f6e6669674d6170'
    const raw = '0a030a0161' + '12060a016112' + '0131' + '12060a016212' + '0132'
    expect(encodeProtobuf(event).toString('hex')).toBe(`6b387300${typeMeta}1215${raw}1a002200`)
  })

  test('leaves out the zeros that Go writes for what is not a pointer, and keeps those of pointers', () => {
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } }
    const container = { name: '', image: '', stdin: false, resources: {} }
    const bytes = encodeProtobuf({
      ...deployment,
      spec: { replicas: 0, paused: false, template: { spec: { containers: [container], hostNetwork: false } } },
    } as never)
    const decoded = decodeProtobuf(bytes)
    expect(decoded).toEqual({
      ...deployment,
      spec: {
        replicas: 0,
        template: { metadata: {}, spec: { containers: [{ name: '', resources: {} }] } },
        strategy: {},
      },
      status: {},
    })
    expect(Object.keys(decoded)).toEqual(['kind', 'apiVersion', 'metadata', 'spec', 'status'])
  })

  test('is what JSON has: quantities canonical, times in UTC, embedded structs flat', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', creationTimestamp: '2026-07-01T05:30:00+05:30' },
      spec: {
        containers: [{ name: 'a', resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }],
        volumes: [{ name: 'v', configMap: { name: 'c', optional: false } }],
      },
    }
    expect(decodeProtobuf(encodeProtobuf(pod))).toMatchObject({
      metadata: { name: 'a', creationTimestamp: '2026-07-01T00:00:00Z' },
      spec: {
        containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' } } }],
        volumes: [{ name: 'v', configMap: { name: 'c', optional: false } }],
      },
    })
  })

  test('of a kind that the envelope does not name is of the expected kind', () => {
    expect(decodeProtobuf(Buffer.from([0x6b, 0x38, 0x73, 0, 0x12, 0]), POD)).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
    })
  })

  test('may hold another object in protobuf', () => {
    const secret = encodeProtobuf({ apiVersion: 'v1', kind: 'Secret', data: { k: 'AAEC' } } as never)
    const data = Buffer.concat([Buffer.from([0x0a, secret.length]), secret])
    const raw = Buffer.concat([Buffer.from([0x12, data.length]), data])
    const revision = Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x12, raw.length]), raw])
    const kind = { group: 'apps', version: 'v1', kind: 'ControllerRevision' }
    expect(decodeProtobuf(revision, kind)).toMatchObject({ data: { kind: 'Secret', data: { k: 'AAEC' } } })
  })

  test('in a watch has its length and its type before it, and an envelope of its own', () => {
    const secret = encodeProtobuf({ apiVersion: 'v1', kind: 'Secret' })
    const frame = watchFrame('ADDED', secret)
    expect(frame.readUInt32BE()).toBe(frame.length - 4)
    const type = Buffer.concat([Buffer.from([0x0a, 5]), Buffer.from('ADDED')])
    const object = Buffer.concat([Buffer.from([0x12, secret.length + 2, 0x0a, secret.length]), secret])
    expect(frame.subarray(4)).toEqual(Buffer.concat([type, object]))
  })

  test('is not to be had of custom resources and tables', () => {
    expect(hasProtobuf({ apiVersion: 'apps/v1', kind: 'Deployment' })).toBe(true)
    expect(hasProtobuf({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' })).toBe(false)
    expect(hasProtobuf({ apiVersion: 'meta.k8s.io/v1', kind: 'Table' })).toBe(false)
  })
})

describe('encoding and decoding again', () => {
  const kinds = [...BUILTIN_GROUPS].flatMap(([scope, of]) =>
    Object.entries(BUILTIN_FACTS[scope] ?? {})
      .filter(([, facts]) => facts.kind === true)
      .map(([kind]) => ({ definition: `${scope}.${kind}`, apiVersion: scopeVersion(scope, kind, of), kind })),
  )

  test.each(kinds)('$apiVersion $kind is the identity', ({ definition, apiVersion, kind }) => {
    fc.assert(
      fc.property(builtinObjects(definition), (fields) => {
        const object = { apiVersion, kind, ...fields }
        expect(decodeProtobuf(encodeProtobuf(object))).toEqual(object)
      }),
      { numRuns: 20 },
    )
  })

  test('covers all kinds of the table', () => {
    expect(kinds.length).toBeGreaterThan(130)
  })
})

describe('malformed bytes', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'the object provided is unrecognized (must be of type Pod): empty data (<empty>)'],
    [
      'the prefix alone',
      Buffer.from('k8s\0'),
      'the object provided is unrecognized (must be of type Pod): empty body (6b387300)',
    ],
    [
      'JSON',
      Buffer.from('{"kind":"Pod"}'),
      'the object provided is unrecognized (must be of type Pod): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"kind":"Pod"})',
    ],
    ['a cut message', podEnvelope([0x0a, 5, 0x0a]), 'Pod in version "v1" cannot be handled as a Pod: unexpected EOF'],
    [
      'a string where a message belongs',
      podEnvelope([0x08, 1]),
      'Pod in version "v1" cannot be handled as a Pod: proto: wrong wireType = 0 for field Metadata',
    ],
    [
      'an endless number',
      podEnvelope([0x78, ...Array<number>(10).fill(0xff)]),
      'Pod in version "v1" cannot be handled as a Pod: proto: integer overflow',
    ],
    [
      'the end of a group that never began',
      podEnvelope([0x0c]),
      'Pod in version "v1" cannot be handled as a Pod: proto: Pod: wiretype end group for non-group',
    ],
    [
      'a field number of zero',
      podEnvelope([0x02, 0]),
      'Pod in version "v1" cannot be handled as a Pod: proto: Pod: illegal tag 0 (wire type 2)',
    ],
  ])('%s is a 400 that says what is wrong', (_what, bytes, message) => {
    expect(problemOf(bytes)).toMatchObject({ code: 400, reason: 'BadRequest', message })
  })

  test('a kind without a message is refused by name', () => {
    const bytes = Buffer.concat([
      Buffer.from('k8s\0'),
      Buffer.from([0x0a, 8, 0x0a, 1, 0x61, 0x12, 3, 0x46, 0x6f, 0x6f]),
    ])
    expect(problemOf(bytes).message).toBe(
      'Foo in version "a" cannot be handled as a Pod: no kind "Foo" is registered for version "a"',
    )
  })

  test('what is nested without end does not exhaust the stack', () => {
    const writeLength = (length: number): number[] =>
      length < 128 ? [length] : [(length & 127) | 128, ...writeLength(Math.floor(length / 128))]
    let props = Buffer.alloc(0)
    for (let depth = 0; depth < 2000; depth++) {
      props = Buffer.concat([Buffer.from([0xe2, 1, ...writeLength(props.length)]), props])
    }
    const wrap = (tag: number, body: Buffer) => Buffer.concat([Buffer.from([tag, ...writeLength(body.length)]), body])
    const version = wrap(0x22, wrap(0x0a, props))
    const raw = wrap(0x12, wrap(0x3a, version))
    const kind = Buffer.from('CustomResourceDefinition')
    const typeMeta = Buffer.concat([wrap(0x0a, Buffer.from('apiextensions.k8s.io/v1')), wrap(0x12, kind)])
    const body = Buffer.concat([Buffer.from('k8s\0'), wrap(0x0a, typeMeta), wrap(0x12, raw)])
    expect(problemOf(body).message).toContain('nested more than')
  })

  test('no bytes whatever bring anything but an object or a 400', () => {
    const pod = encodeProtobuf({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', labels: { a: 'b' } },
      spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1' } } }] },
    } as never)
    const changes = fc.array(fc.tuple(fc.nat(pod.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(changes, fc.nat(pod.length), (bytes, length) => {
        const damaged = Buffer.from(pod)
        for (const [at, byte] of bytes) damaged[at] = byte
        try {
          decodeProtobuf(damaged.subarray(0, length), POD)
        } catch (error) {
          if (!(error instanceof StatusError)) throw error
          expect(error.code).toBe(400)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

function scopeVersion(scope: string, kind: string, of: { group: string; version: string }): string {
  return scope === META && !kind.startsWith('PartialObjectMetadata') ? 'v1' : apiVersionOf(of)
}
