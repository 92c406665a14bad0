import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterIdentity } from '../platform.ts'
import { writeWhole } from './cluster-home.ts'

/** A cluster that keeps its state keeps its keys too: kubeconfigs and tokens stay good across restarts. */
export function readIdentity(dataDirectory: string): ClusterIdentity | undefined {
  const path = join(dataDirectory, 'identity.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ClusterIdentity) : undefined
}

export function writeIdentity(dataDirectory: string, identity: ClusterIdentity): void {
  writeWhole(join(dataDirectory, 'identity.json'), JSON.stringify(identity))
}
