import { describe, expect, test } from 'vitest'
import { builtinSchema } from '../schema/builtin.ts'
import { PatchConflict } from './patch-error.ts'
import {
  applyStrategicMergePatch,
  diffStrategicMergePatch,
  threeWayStrategicMergePatch,
} from './strategic-merge-patch.ts'

const schema = builtinSchema('io.k8s.api.apps.v1.Deployment')

const web = {
  metadata: { name: 'web', finalizers: ['a', 'b'] },
  spec: {
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
    template: {
      spec: {
        containers: [
          { name: 'nginx', image: 'nginx:1', env: [{ name: 'A', value: '1' }] },
          { name: 'log', image: 'log:1', args: ['-v'] },
        ],
      },
    },
  },
}

type Web = typeof web
type Container = Web['spec']['template']['spec']['containers'][number]

function containers(patch: readonly unknown[]): readonly Container[] {
  const patched = applyStrategicMergePatch(web, { spec: { template: { spec: { containers: patch } } } }, schema)
  return (patched as unknown as Web).spec.template.spec.containers
}

describe('lists with a merge key', () => {
  test('an item is found by its name and merged; the patch comes first in order', () => {
    expect(containers([{ name: 'log', image: 'log:2' }])).toEqual([
      { name: 'nginx', image: 'nginx:1', env: [{ name: 'A', value: '1' }] },
      { name: 'log', image: 'log:2', args: ['-v'] },
    ])
  })

  test('an item without its merge key is refused as upstream does', () => {
    expect(() => containers([{ image: 'x' }])).toThrow('map: map[image:x] does not contain declared merge key: name')
  })

  test('directives delete one item, or replace the whole list', () => {
    expect(containers([{ name: 'log', $patch: 'delete' }])).toHaveLength(1)
    expect(containers([{ name: 'new' }, { $patch: 'replace' }])).toEqual([{ name: 'new' }])
  })

  test('lists without a merge strategy are replaced', () => {
    expect(containers([{ name: 'log', args: ['-q'] }])[1]).toMatchObject({ args: ['-q'] })
  })

  test('an order can be demanded', () => {
    const patch = {
      spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'log' }, { name: 'nginx' }] } } },
    }
    const patched = applyStrategicMergePatch(web, patch, schema) as unknown as Web
    expect(patched.spec.template.spec.containers.map(({ name }) => name)).toEqual(['log', 'nginx'])
  })
})

describe('other directives', () => {
  test('scalars of a merged list are united, and deleted by a list beside it', () => {
    const patch = { metadata: { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'] } }
    expect(applyStrategicMergePatch(web, patch, schema)).toMatchObject({ metadata: { finalizers: ['c', 'b'] } })
  })

  test('$retainKeys clears the other members of a union', () => {
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }
    expect((applyStrategicMergePatch(web, patch, schema) as unknown as Web).spec.strategy).toEqual({ type: 'Recreate' })
  })

  test('$patch: replace takes an object as it stands', () => {
    const patch = { metadata: { $patch: 'replace', name: 'web' } }
    expect((applyStrategicMergePatch(web, patch, schema) as unknown as Web).metadata).toEqual({ name: 'web' })
  })
})

test('a patch that says nothing new gives the same object', () => {
  const patch = {
    metadata: { name: 'web' },
    spec: { template: { spec: { containers: [{ name: 'log', image: 'log:1' }] } } },
  }
  expect(applyStrategicMergePatch(web, patch, schema)).toBe(web)
})

test('the difference between two Deployments leads from one to the other', () => {
  const other = {
    metadata: { name: 'web', finalizers: ['b'] },
    spec: {
      strategy: { type: 'Recreate' },
      template: {
        spec: {
          containers: [
            { name: 'log', image: 'log:2' },
            { name: 'api', image: 'api:1' },
          ],
        },
      },
    },
  }
  const patch = diffStrategicMergePatch(web, other, schema)
  expect(applyStrategicMergePatch(web, patch, schema)).toEqual(other)
  expect(diffStrategicMergePatch(web, web, schema)).toEqual({})
})

describe('client-side apply', () => {
  const original = { spec: { replicas: 1, paused: true } }
  const modified = { spec: { replicas: 3 } }

  test('keeps what the server added', () => {
    const current = { spec: { replicas: 1, paused: true, revisionHistoryLimit: 10 } }
    expect(threeWayStrategicMergePatch({ original, modified, current }, schema, { overwrite: false })).toEqual({
      spec: { paused: null, replicas: 3 },
    })
  })

  test('says when somebody else changed the same field', () => {
    const current = { spec: { replicas: 5, paused: true } }
    const documents = { original, modified, current }
    expect(() => threeWayStrategicMergePatch(documents, schema, { overwrite: false })).toThrow(PatchConflict)
    expect(threeWayStrategicMergePatch(documents, schema, { overwrite: true })).toMatchObject({ spec: { replicas: 3 } })
  })
})
