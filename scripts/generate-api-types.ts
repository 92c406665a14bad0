import type { DefinitionFacts, Facts, FieldFacts } from '../src/api/schema/facts.ts'
import { BUILTIN_GROUPS, META } from '../src/api/schema/builtin-groups.ts'
import {
  FIELDS_V1,
  INT_OR_STRING,
  JSON_SCHEMA_OR_ARRAY,
  JSON_SCHEMA_OR_BOOL,
  JSON_SCHEMA_OR_STRINGS,
  JSON_VALUE,
  MICRO_TIME,
  QUANTITY,
  RAW_EXTENSION,
  TIME,
} from '../src/api/schema/special.ts'

/** Written by hand: these have a file of their own. */
const WRITTEN = new Map([
  [`${META}.ListMeta`, 'object'],
  [`${META}.ManagedFieldsEntry`, 'object'],
  [`${META}.ObjectMeta`, 'object'],
  [`${META}.OwnerReference`, 'object'],
  [`${META}.Status`, 'errors'],
  [`${META}.StatusCause`, 'errors'],
  [`${META}.StatusDetails`, 'errors'],
  [`${META}.WatchEvent`, 'request'],
])

const SCALARS: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytes: 'string',
  double: 'number',
  int32: 'number',
  int64: 'number',
  string: 'string',
  strings: 'readonly string[]',
  [QUANTITY]: 'string',
  [RAW_EXTENSION]: 'Readonly<Record<string, unknown>>',
  [INT_OR_STRING]: 'number | string',
  [FIELDS_V1]: 'Readonly<Record<string, unknown>>',
  [MICRO_TIME]: 'string',
  [TIME]: 'string',
  [JSON_VALUE]: 'unknown',
  [JSON_SCHEMA_OR_ARRAY]: 'JSONSchemaProps | readonly JSONSchemaProps[]',
  [JSON_SCHEMA_OR_BOOL]: 'JSONSchemaProps | boolean',
  [JSON_SCHEMA_OR_STRINGS]: 'JSONSchemaProps | readonly string[]',
}

interface Named {
  readonly scope: string
  readonly name: string
  readonly facts: DefinitionFacts
}

/** The TypeScript interfaces of the built-in API. */
export function renderTypes(facts: Facts): string {
  const all = inOrder(facts)
  const names = chooseNames(all)
  const used = new Set<string>()
  const bodies = all.flatMap(({ scope, name, facts: definition }) => {
    if (definition.inlined === true || WRITTEN.has(`${scope}.${name}`)) return []
    return [new Renderer({ facts, names, used, scope, name }).render(definition)]
  })
  const imports = ['ApiObject', 'ObjectList', ...[...used].filter((name) => WRITTEN.get(name) === 'object').map(nameOf)]
  return `// Made by scripts/generate-api.ts (npm run generate). Do not edit.

import type { ${imports.toSorted().join(', ')} } from './object.ts'

${bodies.join('\n')}`
}

/** The groups in the order of `BUILTIN_GROUPS`, which decides who keeps a name that several want; kinds before other definitions. */
function inOrder(facts: Facts): Named[] {
  return [...BUILTIN_GROUPS.keys()].flatMap((scope) =>
    Object.entries(facts[scope] ?? {}).map(([name, definition]) => ({ scope, name, facts: definition })),
  )
}

/** Definition → TypeScript name. The second to want a name gets its group before it, or its version after it. */
function chooseNames(all: readonly Named[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Map<string, string>()
  const kindsFirst = [...all.filter(({ facts }) => facts.kind), ...all.filter(({ facts }) => !facts.kind)]
  for (const { scope, name } of kindsFirst) {
    const owner = taken.get(name)
    const [group = '', version = ''] = scope.split('.').slice(-2)
    const sameGroup = owner?.split('.').at(-2) === group
    const chosen = owner === undefined ? name : sameGroup ? name + capital(version) : capital(group) + name
    if (taken.has(chosen)) throw new Error(`${scope}.${name} and ${taken.get(chosen)} are both named ${chosen}`)
    taken.set(chosen, scope)
    names.set(`${scope}.${name}`, chosen)
  }
  return names
}

class Renderer {
  readonly #facts: Facts
  readonly #names: ReadonlyMap<string, string>
  readonly #used: Set<string>
  readonly #scope: string
  readonly #name: string

  constructor(at: {
    facts: Facts
    names: ReadonlyMap<string, string>
    used: Set<string>
    scope: string
    name: string
  }) {
    this.#facts = at.facts
    this.#names = at.names
    this.#used = at.used
    this.#scope = at.scope
    this.#name = at.name
  }

  render(definition: DefinitionFacts): string {
    const fields = this.#flatten(definition)
    const own = this.#names.get(`${this.#scope}.${this.#name}`) ?? this.#name
    const base = definition.kind === true ? this.#base(fields) : undefined
    const lines: string[] = []
    if (definition.kind === true) {
      const mark = base === undefined ? '?' : ''
      lines.push(`  readonly apiVersion${mark}: '${this.#apiVersion()}'`, `  readonly kind${mark}: '${this.#name}'`)
    }
    for (const [name, field] of fields) {
      if (base !== undefined && (name === 'metadata' || base.startsWith('ObjectList'))) continue
      const required = field.required === true || (base === 'ApiObject' && name === 'spec')
      lines.push(`  readonly ${printName(name)}${required ? '' : '?'}: ${this.#type(field)}`)
    }
    return `export interface ${own}${base === undefined ? '' : ` extends ${base}`} {\n${lines.map((line) => `${line}\n`).join('')}}\n`
  }

  /** `ApiObject`, a list of such, or nothing for options and the documents of discovery. */
  #base(fields: readonly (readonly [string, FieldFacts])[]): string | undefined {
    const metadata = fields.find(([name]) => name === 'metadata')?.[1].type
    if (metadata?.endsWith('ObjectMeta') === true) return 'ApiObject'
    const items = fields.find(([name]) => name === 'items')?.[1]
    return items === undefined ? undefined : `ObjectList<${this.#single(items)}>`
  }

  /** Of what is shared by all groups, only metadata says so; options and the documents of discovery are of `v1`. */
  #apiVersion(): string {
    const { group, version } = BUILTIN_GROUPS.get(this.#scope) ?? { group: '', version: 'v1' }
    const core = group === '' || (this.#scope === META && !this.#name.startsWith('PartialObjectMetadata'))
    return core ? version : `${group}/${version}`
  }

  /** With the fields of what is inlined, in the order of their names. */
  #flatten(definition: DefinitionFacts): (readonly [string, FieldFacts])[] {
    const fields = Object.entries(definition.fields).flatMap(([name, field]) => {
      if (field.inline !== true) return [[name, field] as const]
      const inlined = this.#facts[this.#scope]?.[field.type]
      return inlined === undefined ? [] : this.#flatten(inlined)
    })
    return fields.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  }

  #type(field: FieldFacts): string {
    const single = this.#single(field)
    if (field.shape === 'map') return `Readonly<Record<string, ${single}>>`
    if (field.shape !== 'list') return single
    return `readonly ${/[ |]/.test(single) ? `(${single})` : single}[]`
  }

  #single({ type }: FieldFacts): string {
    const definition = /^[A-Z]/.test(type) ? `${this.#scope}.${type}` : type
    const scalar = SCALARS[definition]
    if (scalar !== undefined) return scalar
    this.#used.add(definition)
    return this.#names.get(definition) ?? nameOf(definition)
  }
}

function nameOf(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1)
}

function printName(name: string): string {
  return /^[a-zA-Z_$][\w$]*$/.test(name) ? name : `'${name}'`
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
