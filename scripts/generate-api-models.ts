import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A definition as the JavaScript client publishes it: what JSON calls its fields, and what they are for. */
export interface Model {
  readonly description: string
  readonly fields: ReadonlyMap<string, ModelField>
}

export interface ModelField {
  /** In the client's notation: `string`, `Array<V1Container>`, `{ [key: string]: string; }`, … */
  readonly type: string
  readonly required: boolean
  readonly description: string
}

const MODELS = fileURLToPath(new URL('../node_modules/@kubernetes/client-node/dist/gen/models/', import.meta.url))

/** `{ "name": …, "baseName": …, "type": …, "format": … }`: the client's name, JSON's name, and the type. */
const ATTRIBUTE = /"name": "([^"]*)",\s*"baseName": "([^"]*)",\s*"type": "([^"]*)"/g
const MEMBER = /(?:\/\*\*\n((?: {4}\*(?!\/).*\n)*) {4}\*\/\n)? {4}'([^']+)'(\?)?:/g

/** Every model of the client, by its class name: `V1Pod`, `CoreV1Event`. */
export function readModels(): ReadonlyMap<string, Model> {
  const models = new Map<string, Model>()
  for (const file of readdirSync(MODELS)) {
    if (!/V\d+[A-Z]\w*\.d\.ts$/.test(file)) continue
    const name = file.slice(0, -'.d.ts'.length)
    const declaration = readFileSync(join(MODELS, file), 'utf8')
    models.set(name, readModel(declaration, readFileSync(join(MODELS, `${name}.js`), 'utf8')))
  }
  return models
}

function readModel(declaration: string, program: string): Model {
  const members = new Map<string, { required: boolean; description: string }>()
  for (const [, comment = '', name = '', mark] of declaration.matchAll(MEMBER)) {
    members.set(name, { required: mark === undefined, description: plain(comment) })
  }
  const fields = new Map<string, ModelField>()
  for (const [, name = '', jsonName = '', type = ''] of program.matchAll(ATTRIBUTE)) {
    const member = members.get(name)
    if (member !== undefined) fields.set(jsonName, { type, ...member })
  }
  const [, comment = ''] = /\n\/\*\*\n((?:\*(?!\/).*\n)*)\*\/\nexport declare class/.exec(declaration) ?? []
  return { description: plain(comment), fields }
}

/** The words of a comment block, without what was escaped for the comment's sake. */
function plain(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replaceAll(/\\(['"`\\])/g, '$1')
    .replaceAll('/_*', '/*')
    .replaceAll('*_/', '*/')
    .trim()
}
