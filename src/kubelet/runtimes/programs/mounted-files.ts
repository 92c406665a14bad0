import { posix } from 'node:path'
import type { Container, Pod, Volume, VolumeMount } from '../../../api/types.generated.ts'
import { expand } from '../../volumes/expansion.ts'
import type { FieldContext } from '../../volumes/downward-api.ts'
import type { Files } from '../../volumes/payload.ts'
import type { References } from '../../volumes/references.ts'
import { filesOf } from '../../volumes/volume-files.ts'
import type { Mount } from './container-disk.ts'
import type { VolumeStore } from './volume-store.ts'

export interface MountSources {
  readonly references: References
  readonly volumes: VolumeStore
  /** The tokens that a projected volume shows, by their path in it. */
  tokens(volume: Volume): Promise<Files>
  /** What fields of the pod are now. */
  fields(): FieldContext
  env(): Readonly<Record<string, string>>
}

/** What a container finds mounted. Given what it found before, a volume that cannot be read any more stays as it was. */
export async function mountsOf(
  { pod, container }: { readonly pod: Pod; readonly container: Container },
  sources: MountSources,
  before: readonly Mount[] = [],
): Promise<readonly Mount[]> {
  const mounts: Mount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name)
    if (volume === undefined) continue
    const at = posix.resolve('/', mount.mountPath)
    const known = before.find((one) => one.at === at)
    // A mounted part of a volume is what it was when the container started, and so is storage.
    if (known !== undefined && (isPart(mount) || 'storage' in known)) mounts.push(known)
    else mounts.push((await mountOf(mount, { volume, pod, at }, sources)) ?? known ?? { at, files: {} })
  }
  return mounts
}

async function mountOf(
  mount: VolumeMount,
  { volume, pod, at }: { readonly volume: Volume; readonly pod: Pod; readonly at: string },
  sources: MountSources,
): Promise<Mount | undefined> {
  const part = posix.normalize(expand(mount.subPathExpr ?? mount.subPath ?? '', sources.env())).replace(/^\.$|\/$/g, '')
  const { configMap, secret, downwardAPI, projected } = volume
  if ((configMap ?? secret ?? downwardAPI ?? projected) === undefined) {
    const { disk, path } = await sources.volumes.open(volume, pod)
    const inside = part === '' ? path : `${path}/${part}`
    if (inside !== path) await disk.makeDirectory(inside)
    return { at, storage: { disk, path: inside }, isReadOnly: mount.readOnly === true }
  }
  const read = filesOf(volume, sources.fields(), sources.references)
  if ('problem' in read) return undefined
  const files = projected === undefined ? read.files : { ...read.files, ...(await sources.tokens(volume)) }
  return { at, files: part === '' ? files : partOf(files, part) }
}

function isPart({ subPath = '', subPathExpr = '' }: VolumeMount): boolean {
  return subPath !== '' || subPathExpr !== ''
}

/** One file, whose name within the mount is then empty; or the files of a directory. */
function partOf(files: Files, part: string): Files {
  const file = files[part]
  if (file !== undefined) return { '': file }
  const prefix = `${part}/`
  const inside = Object.entries(files).filter(([path]) => path.startsWith(prefix))
  return Object.fromEntries(inside.map(([path, content]) => [path.slice(prefix.length), content]))
}

/** Whether a program would notice that these were exchanged. */
export function sameFiles(left: readonly Mount[], right: readonly Mount[]): boolean {
  return left.every((mount, index) => {
    const other = right[index]
    if (mount === other) return true
    if (other === undefined || !('files' in mount) || !('files' in other)) return false
    const names = Object.keys(mount.files)
    if (names.length !== Object.keys(other.files).length) return false
    return names.every((name) => Buffer.compare(mount.files[name] ?? EMPTY, other.files[name] ?? MISSING) === 0)
  })
}

const EMPTY = new Uint8Array(0)
/** Unlike any content that is there. */
const MISSING = new Uint8Array(1)
