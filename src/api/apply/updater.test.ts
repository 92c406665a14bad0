import { describe, expect, test } from 'vitest'
import type { Schema } from '../schema/schema.ts'
import { ApplyConflict } from './apply-conflict.ts'
import { printFieldSet } from './field-set-text.ts'
import type { Managers } from './managers.ts'
import { shapeOf } from './schema-shape.ts'
import type { TypedValue } from './typed-value.ts'
import { Updater } from './updater.ts'

const schema: Schema = {
  type: 'object',
  properties: {
    replicas: { type: 'integer' },
    paused: { type: 'boolean' },
    containers: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: { type: 'string' }, image: { type: 'string' } } },
    },
  },
}

/** An object that people write to, and who owns what of it. */
class Scene {
  managers: Managers = new Map()
  #live: TypedValue = typed(null)
  readonly #updater = new Updater({ convert: (object, version) => ({ ...object, version }) })

  get live(): unknown {
    return this.#live.value
  }

  apply(manager: string, config: unknown, { force = false } = {}): this {
    const { object, managers } = this.#updater.apply(this.#live, typed(config), this.managers, { manager, force })
    this.#live = object ?? this.#live
    this.managers = managers
    return this
  }

  update(manager: string, object: unknown): this {
    this.managers = this.#updater.update(this.#live, typed(object), this.managers, { manager })
    this.#live = typed(object)
    return this
  }

  owned(manager: string): string {
    const set = this.managers.get(manager)?.set
    return set === undefined ? 'nothing' : printFieldSet(set)
  }
}

function typed(value: unknown): TypedValue {
  return { value, shape: shapeOf(schema), version: 'v1' }
}

describe('apply', () => {
  test('what is applied no more goes, unless somebody else has it too', () => {
    const scene = new Scene().apply('ann', { replicas: 1, paused: true }).apply('bob', { paused: true })
    expect(scene.apply('ann', {}).live).toEqual({ paused: true })
    expect(scene.owned('ann')).toBe('nothing')
  })

  test('items of a keyed list are owned one by one', () => {
    const scene = new Scene()
      .apply('ann', { containers: [{ name: 'a', image: 'a:1' }] })
      .apply('bob', { containers: [{ name: 'b', image: 'b:1' }] })
      .apply('ann', { containers: [] })
    expect(scene.live).toEqual({ containers: [{ name: 'b', image: 'b:1' }] })
  })

  test('another value is a conflict with whoever owns the field', () => {
    const scene = new Scene().apply('ann', { replicas: 1 })
    expect(() => scene.apply('bob', { replicas: 2 })).toThrow('conflict with "ann": .replicas')
    expect(() => scene.apply('bob', { replicas: 2 })).toThrow(ApplyConflict)
    expect(scene.live).toEqual({ replicas: 1 })
  })

  test('force takes the field', () => {
    const scene = new Scene().apply('ann', { replicas: 1 }).apply('bob', { replicas: 2 }, { force: true })
    expect([scene.owned('ann'), scene.owned('bob')]).toEqual(['nothing', '{"f:replicas":{}}'])
  })

  test('the same value is shared', () => {
    const scene = new Scene().apply('ann', { replicas: 1 }).apply('bob', { replicas: 1 })
    expect([scene.owned('ann'), scene.owned('bob')]).toEqual(['{"f:replicas":{}}', '{"f:replicas":{}}'])
  })

  test('new items stand where the configuration has them among the shared ones', () => {
    const scene = new Scene()
      .update('ann', { containers: [{ name: 'a' }, { name: 'sidecar' }, { name: 'c' }] })
      .apply('bob', { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] })
    const { containers } = scene.live as { containers: { name: string }[] }
    expect(containers.map(({ name }) => name)).toEqual(['a', 'sidecar', 'b', 'c'])
  })
})

describe('update', () => {
  test('takes what it changes, without asking', () => {
    const scene = new Scene().apply('ann', { replicas: 1, paused: true }).update('hpa', { replicas: 5, paused: true })
    expect([scene.owned('ann'), scene.owned('hpa')]).toEqual(['{"f:paused":{}}', '{"f:replicas":{}}'])
  })

  test('what it removes is nobody’s any more', () => {
    const scene = new Scene().apply('ann', { replicas: 1, paused: true }).update('bob', { replicas: 1 })
    expect(scene.owned('ann')).toBe('{"f:replicas":{}}')
    expect(scene.owned('bob')).toBe('nothing')
  })

  test('an unchanged object changes no owner', () => {
    const scene = new Scene().apply('ann', { replicas: 1 })
    const before = scene.managers.get('ann')
    expect(scene.update('bob', { replicas: 1 }).managers.get('ann')).toBe(before)
  })
})
