import type { FieldFacts, DefinitionFacts, Facts, Zero } from '../src/api/schema/facts.ts'
import { readFileSync } from 'node:fs'
import {
  APIEXTENSIONS as APIEXTENSIONS_PACKAGE,
  APIREGISTRATION as APIREGISTRATION_PACKAGE,
  BUILTIN_GROUPS,
  META,
} from '../src/api/schema/builtin-groups.ts'
import { SPECIAL } from '../src/api/schema/special.ts'
import { assert } from '../src/base/assert.ts'
import { kubectlPath } from '../test/clients/binaries.ts'
import { APIEXTENSIONS, APIREGISTRATION, NEWER } from './generate-api-added.ts'
import { embeddedMessages } from './generate-api-descriptors.ts'
import type { MessageField } from './generate-api-descriptors.ts'
import { ATOMIC_STRUCTS, DEFAULTS, LISTS, UNIONS } from './generate-api-lists.ts'
import { readModels } from './generate-api-models.ts'
import type { Model } from './generate-api-models.ts'
import { ABSENT, KEPT, NULL, SHOWN } from './generate-api-zeros.ts'

/** Of these the JavaScript client's models do not say that they are read or written by themselves. */
const EXTRA_KINDS = [`${META}.PartialObjectMetadata`, `${META}.PartialObjectMetadataList`]
const EXTRA_DEFINITIONS = [`${META}.WatchEvent`]

/** Messages that stand for a list of strings, because protobuf has no lists of lists and no maps of lists. */
const STRING_LIST = /\.(ExtraValue|Verbs)$/

/** Everything about the built-in API that the program needs, from the development dependencies and our own tables. */
export function extractFacts(): Facts {
  const extractor = new Extractor()
  for (const name of [...EXTRA_KINDS, ...EXTRA_DEFINITIONS]) extractor.include(name)
  for (const name of extractor.kinds()) extractor.include(name)
  return extractor.finish()
}

/** The descriptions of definitions and fields, which are not committed: `Definition` and `Definition.field` → text. */
export function extractDescriptions(facts: Facts): Record<string, string> {
  const models = readModels()
  const descriptions: Record<string, string> = {}
  for (const [scope, definitions] of Object.entries(facts)) {
    for (const name of Object.keys(definitions)) {
      const model = modelOf(models, `${scope}.${name}`)
      if (model === undefined) continue
      if (model.description !== '') descriptions[`${scope}.${name}`] = model.description
      for (const [field, { description }] of model.fields) {
        if (description !== '') descriptions[`${scope}.${name}.${field}`] = description
      }
    }
  }
  return descriptions
}

class Extractor {
  readonly #messages = readMessages()
  readonly #models = readModels()
  readonly #lists = new FieldTable(LISTS)
  readonly #defaults = new FieldTable(DEFAULTS)
  readonly #zeros: ReadonlyMap<Zero, FieldTable> = new Map([
    ['kept', new FieldTable(KEPT)],
    ['shown', new FieldTable(SHOWN)],
    ['absent', new FieldTable(ABSENT)],
    ['null', new FieldTable(NULL)],
  ])
  readonly #unions = new FieldTable(UNIONS)
  readonly #atomic = new Set(ATOMIC_STRUCTS.trim().split('\n').map(fullName))
  readonly #definitions = new Map<string, DefinitionFacts>()

  /** Messages that have `apiVersion` and `kind` in JSON, which protobuf keeps outside them. */
  kinds(): string[] {
    return [...this.#messages.keys()].filter((name) => isKind(modelOf(this.#models, name), this.#messages.get(name)))
  }

  /** Adds a definition and all that it refers to. `host` is the definition in whose JSON its fields stand, if not its own. */
  include(name: string, host?: Model): void {
    if (this.#definitions.has(name)) return
    const fields = this.#messages.get(name)
    assert(fields !== undefined, `${name} is a message`)
    const own = modelOf(this.#models, name)
    const model = own ?? host
    const inlined = own === undefined && host !== undefined
    const facts: Record<string, FieldFacts> = {}
    const kind = isKind(model, fields) || EXTRA_KINDS.includes(name)
    const unions = this.#unions.of(name)
    this.#definitions.set(name, {
      ...(kind && !inlined ? { kind } : {}),
      ...(inlined ? { inlined } : {}),
      ...(this.#atomic.has(name) ? { mapType: 'atomic' } : {}),
      ...(unions.size > 0 ? { union: [...unions.keys()] } : {}),
      fields: facts,
    })
    for (const field of [...fields].toSorted((a, b) => a.number - b.number)) {
      const jsonName = this.#isInline(field, model) ? undefined : jsonNameOf(field, model)
      facts[jsonName ?? field.name] = this.#field({ definition: name, field, model, jsonName })
    }
  }

  /** An embedded struct of Go's: it has no name in JSON, where its fields stand among those of what contains it. */
  #isInline(field: MessageField, model: Model | undefined): boolean {
    if (model === undefined || field.shape !== 'single' || model.fields.has(field.name)) return false
    const inner = this.#messages.get(field.type)
    if (inner === undefined || field.type in SPECIAL || STRING_LIST.test(field.type)) return false
    return inner.every((one) => this.#isInline(one, model) || model.fields.has(jsonNameOf(one, model)))
  }

  #field(at: {
    definition: string
    field: MessageField
    model: Model | undefined
    jsonName: string | undefined
  }): FieldFacts {
    const { definition, field, model, jsonName } = at
    const inline = jsonName === undefined
    const refers = field.type.includes('.')
    const strings = STRING_LIST.test(field.type)
    if (refers && !strings && !(field.type in SPECIAL)) this.include(field.type, inline ? model : undefined)
    const type = strings ? 'strings' : refers ? shorten(field.type, definition) : field.type
    if (inline) return { number: field.number, type, inline }
    const required = model?.fields.get(jsonName)?.required ?? false
    const zero = this.#zero({ definition, field, name: jsonName, required })
    const value = this.#defaults.of(definition).get(jsonName)
    return {
      number: field.number,
      type,
      ...(field.shape === 'single' ? {} : { shape: field.shape }),
      ...(required ? { required } : {}),
      ...(zero === 'absent' ? {} : { zero }),
      ...(value === undefined ? {} : { default: JSON.parse(value) as unknown }),
      ...listFacts(this.#lists.of(definition).get(jsonName) ?? ''),
    }
  }

  /**
   * The rule, to which the tables list exceptions: what is required is a value that Go always writes; what is optional
   * is left out when it is zero; an optional struct is a pointer, save metadata, spec, status and template.
   */
  #zero(at: { definition: string; field: MessageField; name: string; required: boolean }): Zero {
    const { definition, field, name, required } = at
    for (const [zero, table] of this.#zeros) if (table.of(definition).has(name)) return zero
    if (required) return 'shown'
    const struct = field.type.includes('.') && field.shape === 'single' && !STRING_LIST.test(field.type)
    if (!struct) return 'absent'
    return ['metadata', 'spec', 'status', 'template'].includes(name) ? 'shown' : 'kept'
  }

  finish(): Facts {
    for (const table of [this.#lists, this.#defaults, ...this.#zeros.values()]) {
      for (const [definition, fields] of table.entries()) {
        const known = this.#definitions.get(definition)?.fields
        for (const field of fields) assert(known?.[field] !== undefined, `${definition} has a field ${field}`)
      }
    }
    const facts: Record<string, Record<string, DefinitionFacts>> = {}
    for (const name of [...this.#definitions.keys()].toSorted()) {
      const definition = this.#definitions.get(name)
      if (definition === undefined) continue
      const dot = name.lastIndexOf('.')
      const scope = (facts[name.slice(0, dot)] ??= {})
      scope[name.slice(dot + 1)] = definition
    }
    return facts
  }
}

/** Lines of `Definition: field field=value`, by definition and field. */
class FieldTable {
  readonly #lines = new Map<string, ReadonlyMap<string, string>>()

  constructor(text: string) {
    for (const line of text.trim().split('\n')) {
      const [definition = '', ...fields] = line.split(/:? +/)
      const pairs = fields.map((field) => {
        const equals = field.indexOf('=')
        return equals < 0 ? ([field, ''] as const) : ([field.slice(0, equals), field.slice(equals + 1)] as const)
      })
      this.#lines.set(fullName(definition), new Map(pairs))
    }
  }

  of(definition: string): ReadonlyMap<string, string> {
    return this.#lines.get(definition) ?? new Map()
  }

  *entries(): Iterable<[definition: string, fields: string[]]> {
    for (const [definition, fields] of this.#lines) yield [definition, [...fields.keys()]]
  }
}

/** `atomic`, `set`, `map(a,b)`, `granular` and `patch(strategy,strategy:key)`, joined by `+`. */
function listFacts(text: string): Partial<FieldFacts> {
  const facts: { -readonly [Name in keyof FieldFacts]?: FieldFacts[Name] } = {}
  for (const [, word = '', inner = ''] of text.matchAll(/([a-z]+)(?:\(([^)]*)\))?/g)) {
    if (word === 'map') facts.keys = inner.split(',')
    if (word === 'patch') {
      const [strategy = '', mergeKey] = inner.split(':')
      facts.patchStrategy = strategy
      if (mergeKey !== undefined) facts.patchMergeKey = mergeKey
    } else facts.merge = word as NonNullable<FieldFacts['merge']>
  }
  return facts
}

/** Every message at a version that is generally available, by its definition's name. */
function readMessages(): ReadonlyMap<string, readonly MessageField[]> {
  const messages = new Map<string, readonly MessageField[]>()
  const kept = (name: string) => BUILTIN_GROUPS.has(name.slice(0, name.lastIndexOf('.')))
  for (const { name, fields } of embeddedMessages(readFileSync(kubectlPath('1.34')))) {
    const definition = definitionOf(name)
    if (kept(definition))
      messages.set(
        definition,
        fields.map((field) => ({ ...field, type: definitionOf(field.type) })),
      )
  }
  addMessages(messages, { lines: NEWER, scope: 'io.k8s.api.core.v1' })
  addMessages(messages, { lines: APIEXTENSIONS, scope: APIEXTENSIONS_PACKAGE })
  addMessages(messages, { lines: APIREGISTRATION, scope: APIREGISTRATION_PACKAGE })
  return messages
}

function addMessages(to: Map<string, readonly MessageField[]>, added: { lines: string; scope: string }): void {
  for (const line of added.lines.trim().split('\n')) {
    const [message = '', ...fields] = line.split(/:? +/)
    const name = message.includes('.') ? fullName(message) : `${added.scope}.${message}`
    const more = fields.filter((field) => field !== '').map((field) => parseField(field, added.scope))
    to.set(name, [...(to.get(name) ?? []), ...more])
  }
}

/** `jsonName=number:type` */
function parseField(field: string, scope: string): MessageField {
  const [, name = '', number = '', prefix = '', word = ''] = /^(.*)=(\d+):(\[\]|\{\})?(.*)$/.exec(field) ?? []
  const type = /^[A-Z]/.test(word) ? `${scope}.${word}` : word.startsWith('meta.') ? fullName(word) : word
  return { name, number: Number(number), type, shape: prefix === '[]' ? 'list' : prefix === '{}' ? 'map' : 'single' }
}

/** `k8s.io.api.core.v1.Pod` → `io.k8s.api.core.v1.Pod` */
function definitionOf(message: string): string {
  return message.replace(/^k8s\.io\./, 'io.k8s.')
}

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod` */
function fullName(short: string): string {
  if (short.startsWith('meta.v1.')) return META + short.slice('meta.v1'.length)
  if (short.startsWith('apiextensions.v1.')) return APIEXTENSIONS_PACKAGE + short.slice('apiextensions.v1'.length)
  if (short.startsWith('apiregistration.v1.')) return APIREGISTRATION_PACKAGE + short.slice('apiregistration.v1'.length)
  return `io.k8s.api.${short}`
}

/** The name alone where both are of one package. */
function shorten(type: string, definition: string): string {
  const scope = definition.slice(0, definition.lastIndexOf('.') + 1)
  return type.startsWith(scope) ? type.slice(scope.length) : type
}

/** The client names a model `V1Pod`, and `CoreV1Event` where several groups have an Event. */
function modelOf(models: ReadonlyMap<string, Model>, definition: string): Model | undefined {
  const [group = '', version = '', name = ''] = definition.split('.').slice(-3)
  const plain = capital(version) + name
  return models.get(capital(group) + plain) ?? models.get(plain)
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

function isKind(model: Model | undefined, fields: readonly MessageField[] | undefined): boolean {
  const has = (name: string) => model?.fields.has(name) === true && !fields?.some((field) => field.name === name)
  return has('apiVersion') && has('kind')
}

/** Some messages write `uID` or `Name` for what JSON calls `uid` and `name`. */
function jsonNameOf(field: MessageField, model: Model | undefined): string {
  if (model === undefined || model.fields.has(field.name)) return field.name
  const lower = field.name.toLowerCase()
  return [...model.fields.keys()].find((name) => name.toLowerCase() === lower) ?? field.name
}
