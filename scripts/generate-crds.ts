/**
 * Packs the CustomResourceDefinitions that a project publishes into one JSON file, without prose and with every repeated
 * schema written once:
 *
 *   node scripts/generate-crds.ts src/api/kinds/istio/crds.generated.json istio.yaml operator.yaml
 *
 * Kept: names, versions, columns, subresources, types, formats, defaults, rules and their messages. Left out: descriptions,
 * and metadata besides the name. See src/api/kinds/crd-bundle.ts for the format.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

/** A schema shorter than this costs more to refer to than to repeat. */
const SHARED_LENGTH_MIN = 60

const [out, ...sources] = process.argv.slice(2)
if (out === undefined || sources.length === 0) throw new Error('usage: generate-crds.ts OUT.json CRDS.yaml...')

const crds = sources.flatMap((source) => crdsIn(readFileSync(source, 'utf8')))
crds.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
writeFileSync(out, print(crds))
console.log(`${out}: ${crds.length} definitions`)

function crdsIn(text: string): JsonObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as JsonObject | null)
    .filter((crd) => crd !== null)
    .filter((crd) => crd['kind'] === 'CustomResourceDefinition')
    .map((crd) => ({ metadata: { name: nameOf(crd) }, spec: withoutProse(crd['spec'] ?? null, false) }))
}

function nameOf(crd: JsonObject): string {
  const { name } = crd['metadata'] as { readonly name: string }
  return name
}

/** A property may be called `description`: below `properties` every key is a name. */
function withoutProse(node: Json, keysAreNames: boolean): Json {
  if (Array.isArray(node)) return node.map((item: Json) => withoutProse(item, false))
  if (node === null || typeof node !== 'object') return node
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => keysAreNames || key !== 'description' || typeof value !== 'string')
      .map(([key, value]) => [key, withoutProse(value, !keysAreNames && key === 'properties')]),
  )
}

/** One line a shared schema and one a definition, so that a change upstream is a readable difference. */
function print(definitions: readonly JsonObject[]): string {
  const names = nameShared(definitions)
  const lines = [...names].map(([text, name]) => `    ${JSON.stringify(name)}: ${emit(JSON.parse(text), names, text)}`)
  const items = definitions.map((crd) => `    ${emit(crd, names)}`)
  return `{\n  "shared": {\n${lines.join(',\n')}\n  },\n  "crds": [\n${items.join(',\n')}\n  ]\n}\n`
}

/** Text of each schema that occurs more than once, to the name it gets: the property it was first met under. */
function nameShared(definitions: readonly JsonObject[]): Map<string, string> {
  const seen = new Map<string, { count: number; hint: string }>()
  const visit = (node: Json, hint: string, isSchema: boolean): void => {
    if (node === null || typeof node !== 'object') return
    if (isSchema && !Array.isArray(node)) {
      const text = JSON.stringify(node)
      const known = seen.get(text)
      if (known !== undefined) {
        known.count++
        return
      }
      if (text.length >= SHARED_LENGTH_MIN) seen.set(text, { count: 1, hint })
    }
    for (const [key, value] of Object.entries(node)) {
      if (Array.isArray(node)) visit(value, hint, isSchema)
      else if (key === 'properties')
        for (const [name, property] of Object.entries(value as JsonObject)) visit(property, name, true)
      else visit(value, hint, key === 'items' || key === 'additionalProperties' || key === 'openAPIV3Schema')
    }
  }
  for (const crd of definitions) visit(crd, nameOf(crd), false)

  const names = new Map<string, string>()
  const taken = new Map<string, number>()
  for (const [text, { count, hint }] of seen) {
    if (count < 2) continue
    const number = (taken.get(hint) ?? 0) + 1
    taken.set(hint, number)
    names.set(text, number === 1 ? hint : `${hint}~${number}`)
  }
  return names
}

function emit(node: Json, names: ReadonlyMap<string, string>, own?: string): string {
  const text = JSON.stringify(node)
  if (node === null || typeof node !== 'object') return text
  const name = text === own ? undefined : names.get(text)
  if (name !== undefined) return JSON.stringify({ $shared: name })
  if (Array.isArray(node)) return `[${node.map((item: Json) => emit(item, names)).join(',')}]`
  const entries = Object.entries(node).map(([key, value]) => `${JSON.stringify(key)}:${emit(value, names)}`)
  return `{${entries.join(',')}}`
}
