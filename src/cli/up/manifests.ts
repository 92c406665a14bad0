import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiObject } from '../../api/object.ts'
import { parseYamlDocuments, type YamlDocument, YamlError } from '../../api/yaml.ts'
import { UserError } from '../../base/user-error.ts'
import { systemReason } from '../system-reason.ts'

/** One object that the user wrote, and where. */
export interface Manifest {
  readonly file: string
  /** Where its document starts, from 1. */
  readonly line: number
  readonly object: ApiObject
  /** Keys that stand twice in its document. */
  readonly duplicates: readonly string[]
  /** The line where a field of the object starts. */
  readonly lineOf: YamlDocument['lineOf']
}

/** Stands for standard input, as with kubectl. */
export const STDIN = '-'

/**
 * Reads manifests from files and folders in the order of names, and from `stdin`, the text of standard input. Items of a
 * List come one by one. Kustomizations and nodes files that lie in a folder are for other programs and flags.
 */
export function readManifests(paths: readonly string[], stdin = ''): readonly Manifest[] {
  return paths.flatMap((path) => {
    const manifests = isFolder(path)
      ? filesIn(path).flatMap((file) => manifestsIn(readText(file), { file, isFound: true }))
      : manifestsIn(path === STDIN ? stdin : readText(path), { file: nameOf(path), isFound: false })
    if (manifests.length > 0) return manifests
    throw unusable(`There are no manifests in ${nameOf(path)}`, 'Name a file or a folder with YAML or JSON of objects')
  })
}

function isFolder(path: string): boolean {
  if (path === STDIN) return false
  if (!existsSync(path)) throw unusable(`There is no file or folder ${path}`, 'Check the path after -f')
  return statSync(path).isDirectory()
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}

function manifestsIn(text: string, { file, isFound }: { file: string; isFound: boolean }): Manifest[] {
  return documentsOf(text, file).flatMap((document) => {
    if (isFound && isForOthers(document.value)) return []
    return objectsOf(document, file).map((object, index) => {
      const { line, duplicates } = document
      const isList = Array.isArray((document.value as { items?: unknown }).items)
      const lineOf: Manifest['lineOf'] = (path) => document.lineOf(isList ? ['items', index, ...path] : path)
      return { file, line, object, duplicates, lineOf }
    })
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unusable(`Cannot read ${path}: ${systemReason(error)}`, 'Check the path after -f, and who may read it')
  }
}

function documentsOf(text: string, file: string): readonly YamlDocument[] {
  try {
    return parseYamlDocuments(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const where = error.line === undefined ? file : `${file}:${error.line}`
    const why = error.message.replace(/^yaml: (?:line \d+: )?/, '')
    throw unusable(`Cannot read ${where}: ${why}`, 'Mend the YAML and start again')
  }
}

/** A kustomization, or a list of node profiles. */
function isForOthers(value: unknown): boolean {
  if (Array.isArray(value)) return true
  const { apiVersion, kind } = (value ?? {}) as Partial<ApiObject>
  return kind === 'Kustomization' && (apiVersion === undefined || apiVersion.startsWith('kustomize.config.k8s.io/'))
}

function objectsOf({ value, line }: YamlDocument, file: string): ApiObject[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw notManifest(`${file}:${line}`, 'this is no object')
  }
  const { items } = value as { items?: unknown }
  const { apiVersion, kind } = value as Partial<ApiObject>
  if (Array.isArray(items) && typeof kind === 'string' && kind.endsWith('List')) {
    // Items of a typed list may leave out what the list says for all of them.
    const shared = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) }
    return items.map((item) => checked({ ...shared, ...(item as object) }, `${file}:${line}`))
  }
  return [checked(value, `${file}:${line}`)]
}

function checked(value: object, where: string): ApiObject {
  const { apiVersion, kind, metadata } = value as Partial<Record<keyof ApiObject, unknown>>
  const missing = Object.entries({ apiVersion, kind }).filter(([, given]) => typeof given !== 'string' || given === '')
  if (missing.length > 0) throw notManifest(where, `${missing.map(([field]) => field).join(' and ')} not set`)
  const { name, generateName } = (metadata ?? {}) as { name?: unknown; generateName?: unknown }
  if (typeof name === 'string' && name !== '') return value as ApiObject
  const why = generateName === undefined ? 'metadata.name not set' : 'cannot use generateName with apply'
  throw notManifest(where, `${kind as string}: ${why}`)
}

function notManifest(where: string, why: string): UserError {
  return unusable(`${where} is no manifest: ${why}`, 'A manifest needs apiVersion, kind and metadata.name')
}

function unusable(message: string, hint: string): UserError {
  return new UserError('DABBA_MANIFEST', { message, hint })
}

function nameOf(path: string): string {
  return path === STDIN ? 'standard input' : path
}
