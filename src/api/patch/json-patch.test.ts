import { describe, expect, test } from 'vitest'
import { applyJsonPatch, readJsonPatch, unknownFieldsOfJsonPatch } from './json-patch.ts'
import { PatchError } from './patch-error.ts'

const pod = {
  metadata: { name: 'web', labels: { app: 'web', 'example.com/tier': 'front' } },
  spec: { containers: [{ name: 'a' }, { name: 'b' }], volumes: [] as unknown[] },
}

function patch(...operations: unknown[]): unknown {
  return applyJsonPatch(pod, readJsonPatch(operations))
}

describe('steps', () => {
  test('add to an object, to a list, to its end', () => {
    expect(
      patch(
        { op: 'add', path: '/metadata/labels/zone', value: 'z1' },
        { op: 'add', path: '/spec/containers/1', value: { name: 'ab' } },
        { op: 'add', path: '/spec/containers/-', value: { name: 'c' } },
      ),
    ).toMatchObject({
      metadata: { labels: { app: 'web', zone: 'z1' } },
      spec: { containers: [{ name: 'a' }, { name: 'ab' }, { name: 'b' }, { name: 'c' }] },
    })
  })

  test('a slash in a key is written ~1', () => {
    expect(patch({ op: 'remove', path: '/metadata/labels/example.com~1tier' })).toMatchObject({
      metadata: { labels: { app: 'web' } },
    })
  })

  test('replace also sets what was not there, as upstream', () => {
    expect(patch({ op: 'replace', path: '/metadata/generateName', value: 'web-' })).toMatchObject({
      metadata: { name: 'web', generateName: 'web-' },
    })
  })

  test('a copy is another object: changing it leaves the original alone', () => {
    expect(
      patch(
        { op: 'add', path: '/metadata/labels/new', value: '1' },
        { op: 'copy', from: '/metadata/labels', path: '/metadata/annotations' },
        { op: 'replace', path: '/metadata/annotations/app', value: 'other' },
      ),
    ).toMatchObject({ metadata: { labels: { app: 'web', new: '1' }, annotations: { app: 'other', new: '1' } } })
  })

  test('a patch may test and then move', () => {
    expect(
      patch(
        { op: 'test', path: '/metadata/name', value: 'web' },
        { op: 'move', from: '/spec/containers/0', path: '/spec/containers/1' },
      ),
    ).toMatchObject({ spec: { containers: [{ name: 'b' }, { name: 'a' }] } })
  })
})

test('the patched object shares what the patch left alone, and the original is as it was', () => {
  const before = structuredClone(pod)
  const after = patch({ op: 'replace', path: '/metadata/labels/app', value: 'api' }) as typeof pod
  expect(pod).toEqual(before)
  expect(after.spec).toBe(pod.spec)
  expect(patch({ op: 'test', path: '/metadata/name', value: 'web' })).toBe(pod)
})

describe('failures', () => {
  test.each([
    {
      step: { op: 'test', path: '/metadata/name', value: 'api' },
      message: 'testing value /metadata/name failed: test failed',
    },
    {
      step: { op: 'remove', path: '/metadata/annotations/a' },
      message: 'remove operation does not apply: doc is missing path: "/metadata/annotations/a": missing value',
    },
    {
      step: { op: 'add', path: '/spec/containers/7', value: {} },
      message:
        "error in add for path: '/spec/containers/7': Unable to access invalid index: 7: invalid index referenced",
    },
    {
      step: { op: 'replace', path: '/spec/containers/7', value: {} },
      message: 'replace operation does not apply: doc is missing key: /spec/containers/7: missing value',
    },
    { step: { op: 'erase', path: '/spec' }, message: 'Unexpected kind: erase' },
  ])('$step.op $step.path', ({ step, message }) => {
    expect(() => patch(step)).toThrow(message)
  })

  test('the client learns no more than that its patch did not fit', () => {
    try {
      patch({ op: 'test', path: '/metadata/name', value: 'api' })
      expect.unreachable()
    } catch (failure) {
      expect(failure).toBeInstanceOf(PatchError)
      expect((failure as PatchError).toStatusError().toStatus()).toMatchObject({
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
      })
    }
  })

  test('a patch that is no list of steps is a bad request', () => {
    expect(() => readJsonPatch({ op: 'add' })).toThrow(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    )
  })

  test('ten thousand steps are enough', () => {
    const steps = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/metadata/name', value: 'web' }))
    expect(applyJsonPatch(pod, readJsonPatch(steps.slice(1)))).toBe(pod)
    expect(() => readJsonPatch(steps)).toThrow('The allowed maximum operations in a JSON patch is 10000, got 10001')
  })
})

test('field validation names keys that mean nothing', () => {
  expect(unknownFieldsOfJsonPatch([{ op: 'add', path: '/a', valeu: 1 }])).toEqual([
    'json patch unknown field "[0].valeu"',
  ])
})
