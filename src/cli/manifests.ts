import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from '../api/object.ts'
import { UserError } from '../base/user-error.ts'

export interface Manifest {
  readonly file: string
  readonly line: number
  readonly object: ApiObject
}

/** Reads manifests from files and folders, in the order of names; kustomizations and lists of nodes are not manifests. */
export function readManifests(paths: readonly string[]): readonly Manifest[] {
  return paths.flatMap(filesOf).flatMap(readFile)
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) {
    throw new UserError('DABBA_MANIFEST', {
      message: `There is no file or folder ${path}`,
      hint: 'Check the path after -f',
    })
  }
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !/^kustomization\.ya?ml$|^nodes\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name))
}

function readFile(file: string): Manifest[] {
  const text = readFileSync(file, 'utf8')
  return parseAllDocuments(text, { version: '1.1', logLevel: 'error' }).flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw unreadable(file, error.message.split('\n')[0] ?? '')
    const object = document.toJS() as Partial<ApiObject> | null
    if (object === null) return []
    const line = text.slice(0, document.range?.[0] ?? 0).split('\n').length
    if (typeof object.kind !== 'string' || typeof object.apiVersion !== 'string' || object.metadata === undefined) {
      throw unreadable(`${file}:${line}`, 'a manifest needs apiVersion, kind and metadata')
    }
    return [{ file, line, object: object as ApiObject }]
  })
}

function unreadable(where: string, why: string): UserError {
  return new UserError('DABBA_MANIFEST', {
    message: `Cannot read ${where}: ${why}`,
    hint: 'Mend the file and start again',
  })
}
