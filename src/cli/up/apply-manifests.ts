import { CustomResourceDefinition } from '../../api/kinds/apiextensions/custom-resource-definition.ts'
import { isTrue } from '../../api/kinds/apiextensions/definition-status.ts'
import { StatusError } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import { UserError } from '../../base/user-error.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../world/clock.ts'
import type { Manifest } from './manifests.ts'

/** Definitions are established at once, unless their names are taken. */
const ESTABLISH_MAX_MS = 5_000
const POLL_MS = 10

/** What others stand in, are made by, or behave by from their start goes first; everything else keeps its order. */
const FIRST = ['Namespace', 'CustomResourceDefinition', 'WorkloadModel']

export interface ApplyOptions {
  readonly client: Client
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told of what is odd but not refused. */
  warn(text: string): void
}

/** Applies manifests as `kubectl apply --server-side` would, and returns the objects. Refusals are told together. */
export async function applyManifests(
  manifests: readonly Manifest[],
  options: ApplyOptions,
): Promise<readonly ApiObject[]> {
  const applied: ApiObject[] = []
  const refused: string[] = []
  for (const isFirst of [true, false]) {
    const round = manifests.filter(({ object }) => FIRST.includes(object.kind) === isFirst)
    for (const manifest of round) {
      if (options.signal.aborted) return applied
      const outcome = await applyOne(manifest, options)
      if (typeof outcome === 'string') refused.push(outcome)
      else applied.push(outcome)
    }
    if (isFirst) await establish(applied, options)
  }
  refuse(refused, options)
  return applied
}

/** The object, or why it is refused. */
async function applyOne(manifest: Manifest, { client, warn }: ApplyOptions): Promise<ApiObject | string> {
  const { file, line, object, duplicates } = manifest
  const what = `${file}:${line}: ${object.kind} "${object.metadata.name}"`
  for (const duplicate of duplicates) warn(`${what}: ${duplicate}`)
  try {
    const kind = client.kindOf(object)
    const isHomeless = kind.namespaced && object.metadata.namespace === undefined
    const placed = isHomeless ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object
    return await client.apply(placed, {
      force: true,
      fieldValidation: 'Strict',
      warn: (text) => warn(`${what}: ${text}`),
    })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return `${what} is refused: ${error.message}`
  }
}

/** Waits until the kinds that were just defined are served. */
async function establish(applied: readonly ApiObject[], { client, clock }: ApplyOptions): Promise<void> {
  const names = applied.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ metadata }) => metadata.name)
  const deadlineMs = clock.now() + ESTABLISH_MAX_MS
  for (const name of names) {
    while (clock.now() < deadlineMs) {
      const definition = await client.get(CustomResourceDefinition, { name })
      if (definition === undefined || isTrue(definition, 'Established')) break
      await clock.sleep(POLL_MS)
    }
  }
}

function refuse(refused: readonly string[], { warn }: ApplyOptions): void {
  const [first, ...others] = refused
  if (first === undefined) return
  for (const other of others) warn(other)
  throw new UserError('DABBA_MANIFEST', {
    message: others.length === 0 ? first : `${first} (and ${others.length} more, above)`,
    hint: first.includes('no matches for kind')
      ? 'Add the CustomResourceDefinition that defines the kind, and start again'
      : 'Mend the manifest and start again',
  })
}
