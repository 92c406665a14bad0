import { ApplyConflict } from '../../../src/api/apply/apply-conflict.ts'
import { excluding, type FieldFilter } from '../../../src/api/apply/field-filter.ts'
import { leavesOf, NO_FIELDS } from '../../../src/api/apply/field-set.ts'
import { parseFieldSet, printFieldSet } from '../../../src/api/apply/field-set-text.ts'
import type { Managers } from '../../../src/api/apply/managers.ts'
import { mergeTyped } from '../../../src/api/apply/merge.ts'
import { extractItems } from '../../../src/api/apply/remove.ts'
import { DEDUCED, type Shape } from '../../../src/api/apply/shape.ts'
import type { TypedValue } from '../../../src/api/apply/typed-value.ts'
import { Updater } from '../../../src/api/apply/updater.ts'
import { validateTyped } from '../../../src/api/apply/validate.ts'
import { expectFailure, expectSame, expectSameMembers, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { elementOfOracle, expectSameSet, setOfOracle, type OraclePath } from './paths.ts'
import { smdShapes, type SmdSchema } from './smd-schemas.ts'
import { converterOf } from './version-converters.ts'

interface Operation {
  readonly op: 'apply' | 'changeSchema' | 'extractApply' | 'forceApply' | 'update'
  readonly manager: string
  readonly version: string
  readonly object: unknown
  readonly schema: string
  readonly conflicts?: readonly { readonly manager: string; readonly path: OraclePath }[]
}

type ShapeOfVersion = (version: string) => Shape

export const oracle: Oracle = {
  open: (document) => {
    const schemas = document['schemas'] as Record<string, SmdSchema | null>
    const shapes = new Map(Object.entries(schemas).map(([name, schema]) => [name, shapesOf(schema)]))
    const shapesNamed = (name: string): ShapeOfVersion => {
      const named = shapes.get(name)
      if (named === undefined) throw new Error(`unknown schema ${name}`)
      return named
    }
    return (oracleCase) =>
      'managers' in oracleCase.input ? runMessage(oracleCase) : runOperations(oracleCase, shapesNamed)
  },
}

function shapesOf(schema: SmdSchema | null): ShapeOfVersion {
  if (schema === null) return () => DEDUCED
  const named = smdShapes(schema)
  return (version) => named(schema.root ?? version)
}

function runOperations({ input, expect }: OracleCase, shapesNamed: (name: string) => ShapeOfVersion): void {
  const state = new State(input, shapesNamed)
  const operations = input['operations'] as Operation[]
  const last = operations.at(-1)
  for (const operation of operations) {
    if (expect['error'] === true && operation === last)
      return void expectFailure('operation', () => state.run(operation))
    state.run(operation)
  }
  if ('object' in expect) {
    expectSame('object', state.liveIn(String(expect['version'])).value ?? null, expect['object'])
  }
  if ('managed' in expect) expectManagers(state.managers, expect['managed'])
}

class State {
  managers: Managers = new Map()
  #live: TypedValue | undefined
  #shapes: ShapeOfVersion
  readonly #input: OracleCase['input']
  readonly #shapesNamed: (name: string) => ShapeOfVersion

  constructor(input: OracleCase['input'], shapesNamed: (name: string) => ShapeOfVersion) {
    this.#input = input
    this.#shapesNamed = shapesNamed
    this.#shapes = shapesNamed(String(input['schema']))
  }

  run(operation: Operation): void {
    const { op, manager, version, object } = operation
    if (op === 'changeSchema') {
      this.#shapes = this.#shapesNamed(operation.schema)
      if (this.#live !== undefined) this.#live = { ...this.#live, shape: this.#shapes(this.#live.version) }
      return
    }
    const live = this.liveIn(version)
    const written = { value: object, shape: this.#shapes(version), version }
    validateTyped(object, written.shape, { allowDuplicates: op === 'update' })
    if (op === 'update') {
      this.managers = this.#updater().update(live, written, this.managers, { manager })
      this.#live = written
    } else if (operation.conflicts === undefined) {
      this.#apply(live, op === 'extractApply' ? this.#extracted(live, written, manager) : written, operation)
    } else this.#expectConflicts(live, written, operation)
  }

  liveIn(version: string): TypedValue {
    if (this.#live === undefined) return { value: null, shape: this.#shapes(version), version }
    const converted = this.#convert(this.#live, version)
    if (converted === undefined) throw new Error(`no version ${version}`)
    return converted
  }

  #apply(live: TypedValue, config: TypedValue, { op, manager }: Operation): void {
    const { object, managers } = this.#updater().apply(live, config, this.managers, { manager, force: op !== 'apply' })
    this.#live = object ?? live
    this.managers = managers
  }

  #expectConflicts(live: TypedValue, config: TypedValue, operation: Operation): void {
    const failure = expectFailure('apply', () => this.#apply(live, config, operation))
    if (!(failure instanceof ApplyConflict)) throw failure
    const wanted = (operation.conflicts ?? []).map(({ manager, path }) => ({
      manager,
      path: path.map(elementOfOracle),
    }))
    expectSameMembers('conflicts', failure.conflicts, wanted)
  }

  #extracted(live: TypedValue, config: TypedValue, manager: string): TypedValue {
    const owned = this.managers.get(manager)
    const leaves = owned?.version === config.version ? leavesOf(owned.set) : NO_FIELDS
    return { ...config, value: mergeTyped(extractItems(live.value, leaves, live.shape), config.value, config.shape) }
  }

  #updater(): Updater {
    const ignored = Object.entries((this.#input['ignore'] ?? {}) as Record<string, OraclePath[]>)
    const filters = new Map<string, FieldFilter>(
      ignored.map(([version, paths]) => [version, excluding(...paths.map((path) => path.map(elementOfOracle)))]),
    )
    return new Updater({ convert: (object, version) => this.#convert(object, version), filters })
  }

  #convert(object: TypedValue, version: string): TypedValue | undefined {
    const value = converterOf(this.#input['converter'])(object, version)
    return value === undefined ? undefined : { value: value.value, shape: this.#shapes(version), version }
  }
}

function expectManagers(managers: Managers, expected: unknown): void {
  const wanted = expected as Record<string, { version: string; paths: unknown; fieldsV1: unknown }>
  expectSameMembers('managers', [...managers.keys()], Object.keys(wanted))
  for (const [manager, { version, paths, fieldsV1 }] of Object.entries(wanted)) {
    const owned = managers.get(manager)
    if (owned === undefined) throw new Mismatch(`no manager ${manager}`)
    expectSame(`version of ${manager}`, owned.version, version)
    expectSameSet(`paths of ${manager}`, owned.set, paths)
    const text = printFieldSet(parseFieldSet(JSON.stringify(fieldsV1)))
    expectSame(`fieldsV1 of ${manager}`, printFieldSet(owned.set), text)
  }
}

function runMessage({ input, expect }: OracleCase): void {
  const entries = Object.entries(input['managers'] as Record<string, { version: string; paths: unknown }>)
  const managers = new Map(
    entries.map(([name, { version, paths }]) => [name, { set: setOfOracle(paths), version, applied: false }]),
  )
  expectSame('message', ApplyConflict.of(managers).message, expect['message'])
}
