import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  SecretProjection,
  Volume,
  VolumeProjection,
} from '../../api/types.generated.ts'
import { containersOf } from '../pods/facts.ts'
import { type FieldContext, fieldValue, resourceValue } from './downward-api.ts'
import { configMapFiles, type Files, secretFiles } from './payload.ts'
import type { References } from './references.ts'

export type VolumeFiles = { readonly files: Files } | { readonly problem: string }

/** The files of a volume whose content comes from the API; none for volumes that have storage of their own. */
export function filesOf(volume: Volume, context: FieldContext, references: References): VolumeFiles {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap !== undefined) return fromConfigMap(configMap, { context, references })
  if (secret !== undefined) {
    const { secretName, ...rest } = secret
    return fromSecret({ ...rest, ...(secretName === undefined ? {} : { name: secretName }) }, { context, references })
  }
  if (downwardAPI !== undefined) return { files: downwardFiles(downwardAPI.items, context) }
  if (projected !== undefined) return fromProjection(projected.sources ?? [], { context, references })
  return { files: {} }
}

interface Reading {
  readonly context: FieldContext
  readonly references: References
}

function fromConfigMap(
  { name = '', items, optional }: { name?: string; items?: readonly KeyToPath[]; optional?: boolean },
  { context, references }: Reading,
): VolumeFiles {
  const map = references.configMap(context.pod.metadata.namespace ?? '', name)
  if (map === undefined && optional !== true) return { problem: `configmap "${name}" not found` }
  return configMapFiles(map, { items, optional: optional === true })
}

function fromSecret({ name = '', items, optional }: SecretProjection, { context, references }: Reading): VolumeFiles {
  const secret = references.secret(context.pod.metadata.namespace ?? '', name)
  if (secret === undefined && optional !== true) return { problem: `secret "${name}" not found` }
  return secretFiles(secret, { items, optional: optional === true })
}

/** Several sources in one volume; all that is missing is told together, as Go prints several errors. */
function fromProjection(sources: readonly VolumeProjection[], reading: Reading): VolumeFiles {
  const files: Record<string, Uint8Array> = {}
  const problems: string[] = []
  for (const source of sources) {
    const part = fromSource(source, reading)
    if ('problem' in part) problems.push(part.problem)
    else Object.assign(files, part.files)
  }
  const [first] = problems
  if (first === undefined) return { files }
  return { problem: problems.length === 1 ? first : `[${problems.join(', ')}]` }
}

function fromSource({ configMap, secret, downwardAPI }: VolumeProjection, reading: Reading): VolumeFiles {
  if (configMap !== undefined) return fromConfigMap(configMap, reading)
  if (secret !== undefined) return fromSecret(secret, reading)
  if (downwardAPI !== undefined) return { files: downwardFiles(downwardAPI.items, reading.context) }
  // Tokens and trust bundles are asked for by the runtime that shows them to a process.
  return { files: {} }
}

function downwardFiles(items: readonly DownwardAPIVolumeFile[] = [], context: FieldContext): Files {
  const files: Record<string, Uint8Array> = {}
  for (const { path, fieldRef, resourceFieldRef } of items) {
    if (fieldRef !== undefined) files[path] = Buffer.from(fieldValue(fieldRef.fieldPath, context))
    if (resourceFieldRef === undefined) continue
    const container = containerNamed(context.pod, resourceFieldRef.containerName ?? '')
    if (container !== undefined) files[path] = Buffer.from(resourceValue(resourceFieldRef, container, context))
  }
  return files
}

function containerNamed({ spec }: Pod, name: string): ReturnType<typeof containersOf>[number]['spec'] | undefined {
  return containersOf(spec).find((one) => one.spec.name === name)?.spec
}
