import { StatusError } from '../api/errors.ts'
import { UserError } from '../base/user-error.ts'
import type { Client } from '../client/client.ts'
import type { Output } from './command.ts'
import type { Manifest } from './manifests.ts'

/** Applies manifests in order, as `kubectl apply --server-side` would, and counts them by kind. */
export async function applyManifests(manifests: readonly Manifest[], client: Client, out: Output): Promise<void> {
  const counts = new Map<string, number>()
  for (const manifest of manifests) {
    await applyOne(manifest, client)
    const { kind } = manifest.object
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  const kinds = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${count} ${kind}`)
  out.line(`Applied ${manifests.length} objects: ${kinds.join(', ')}\n`)
}

async function applyOne({ file, line, object }: Manifest, client: Client): Promise<void> {
  try {
    const kind = client.kindOf(object)
    const isHomeless = kind.namespaced && object.metadata.namespace === undefined
    const placed = isHomeless ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object
    await client.apply(placed, { force: true })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw new UserError('DABBA_MANIFEST', {
      message: `${file}:${line}: the cluster refuses ${object.kind} "${object.metadata.name}": ${error.message}`,
      hint: 'Mend the manifest and start again',
      cause: error,
    })
  }
}
