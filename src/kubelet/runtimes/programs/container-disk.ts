import { posix } from 'node:path'
import type { Disk, DiskFile, DiskLock } from '../../../world/disk.ts'
import { RehearsedDisk } from '../../../world/rehearsed-disk.ts'
import type { Files } from '../../volumes/payload.ts'
import type { Directory } from './volume-store.ts'

/** Something that a container finds at a path: files that are only read, or storage. */
export type Mount = {
  /** Absolute, without a slash at its end. */
  readonly at: string
} & ({ readonly files: Files } | { readonly storage: Directory; readonly isReadOnly: boolean })

/** Directories that images have. */
const USUAL_DIRECTORIES = ['/etc', '/tmp', '/var/lib']

/**
 * The file system of one run of a container: its mounts, and a layer of its own below them that ends with it.
 *
 * Invariants:
 *  1. After `end` nothing of it can be read or written, by whatever handle.
 *  2. Locks that the run took are free after `end`, as those of a process that is gone.
 */
export class ContainerDisk implements Disk {
  readonly #layer = new RehearsedDisk()
  readonly #locks = new Set<DiskLock>()
  readonly #open = new Set<DiskFile>()
  /** Longest path first: the innermost mount is what a path leads to. */
  #mounts: readonly Mount[]
  #hasEnded = false

  constructor(mounts: readonly Mount[]) {
    this.#mounts = innermostFirst(mounts)
  }

  /** Makes the directories that are there from the beginning. */
  async prepare(): Promise<void> {
    for (const path of USUAL_DIRECTORIES) await this.#layer.makeDirectory(path)
  }

  /** Exchanges the files of mounts. */
  remount(mounts: readonly Mount[]): void {
    this.#mounts = innermostFirst(mounts)
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    await Promise.allSettled([...this.#open].map((file) => file.close()))
    await Promise.allSettled([...this.#locks].map((lock) => lock.release()))
  }

  async read(path: string): Promise<Uint8Array> {
    const place = this.#place(path)
    return 'content' in place ? contentOf(place, path) : place.disk.read(place.path)
  }

  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path))
  }

  async write(path: string, content: string | Uint8Array, options?: { mode?: number }): Promise<void> {
    const { disk, path: inside } = this.#writable(path)
    await disk.write(inside, content, options)
  }

  async remove(path: string): Promise<void> {
    const { disk, path: inside } = this.#writable(path)
    await disk.remove(inside)
  }

  async makeDirectory(path: string): Promise<void> {
    const { disk, path: inside } = this.#writable(path)
    if (inside !== '/') await disk.makeDirectory(inside)
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    const place = this.#place(path)
    const own = 'content' in place ? namesIn(place) : await place.disk.list(place.path)
    const mounted = this.#mountedBelow(path)
    if (own === undefined && mounted.length === 0) return undefined
    return [...new Set([...(own ?? []), ...mounted])].sort()
  }

  async exists(path: string): Promise<boolean> {
    const place = this.#place(path)
    if (this.#mountedBelow(path).length > 0) return true
    if ('content' in place) return place.content[place.name] !== undefined || namesIn(place) !== undefined
    return place.disk.exists(place.path)
  }

  async open(path: string, mode: 'read' | 'append'): Promise<DiskFile> {
    const place = mode === 'read' ? this.#place(path) : this.#writable(path)
    if ('content' in place) return this.#guard(readOnlyFile(contentOf(place, path)))
    return this.#guard(await place.disk.open(place.path, mode))
  }

  async rename(from: string, to: string): Promise<void> {
    const source = this.#writable(from)
    const target = this.#writable(to)
    if (source.disk !== target.disk || source.root !== target.root) {
      throw problem('EXDEV', `cross-device link not permitted, rename '${from}' -> '${to}'`)
    }
    await source.disk.rename(source.path, target.path)
  }

  async lock(path: string): Promise<DiskLock> {
    const { disk, path: inside } = this.#writable(path)
    const lock = await disk.lock(inside)
    const own: DiskLock = {
      release: async () => {
        if (this.#locks.delete(own)) await lock.release()
      },
    }
    this.#locks.add(own)
    return own
  }

  #place(path: string): Place {
    if (this.#hasEnded) throw new Error('the container has ended')
    const normal = normalize(path)
    const mount = this.#mounts.find(({ at }) => isWithin(normal, at))
    if (mount === undefined) return { disk: this.#layer, path: normal, root: '', isReadOnly: false }
    const inside = normal.slice(mount.at.length).replace(/^\//, '')
    if ('files' in mount) return { content: mount.files, name: inside }
    const { disk, path: root } = mount.storage
    const full = inside === '' ? root : `${root}/${inside}`
    return { disk, path: full === '' ? '/' : full, root, isReadOnly: mount.isReadOnly }
  }

  #writable(path: string): Stored {
    const place = this.#place(path)
    if ('content' in place || place.isReadOnly) throw problem('EROFS', `read-only file system, open '${path}'`)
    return place
  }

  /** The next steps from a directory towards the mounts below it. */
  #mountedBelow(path: string): readonly string[] {
    const normal = normalize(path)
    const prefix = normal === '/' ? '/' : `${normal}/`
    return this.#mounts
      .filter(({ at }) => at.startsWith(prefix))
      .map(({ at }) => at.slice(prefix.length).split('/')[0] ?? '')
  }

  #guard(file: DiskFile): DiskFile {
    const alive = (): DiskFile => {
      if (this.#hasEnded) throw new Error('the container has ended')
      return file
    }
    this.#open.add(file)
    return {
      read: async (into, position) => alive().read(into, position),
      append: async (bytes) => alive().append(bytes),
      truncate: async (sizeBytes) => alive().truncate(sizeBytes),
      sizeBytes: async () => alive().sizeBytes(),
      sync: async () => alive().sync(),
      close: async () => {
        if (this.#open.delete(file)) await file.close()
      },
    }
  }
}

interface Stored {
  readonly disk: Disk
  readonly path: string
  /** Of its file system, within the disk. */
  readonly root: string
  readonly isReadOnly: boolean
}

type Place = Stored | { readonly content: Files; readonly name: string }

function innermostFirst(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.toSorted((a, b) => b.at.length - a.at.length)
}

function normalize(path: string): string {
  const normal = posix.normalize(`/${path}`)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`)
}

function contentOf({ content, name }: { readonly content: Files; readonly name: string }, path: string): Uint8Array {
  const found = Object.hasOwn(content, name) ? content[name] : undefined
  if (found === undefined) throw problem('ENOENT', `no such file or directory, '${path}'`)
  return found
}

/** What a directory among files holds; undefined when it is none. */
function namesIn({ content, name }: { readonly content: Files; readonly name: string }): readonly string[] | undefined {
  if (name === '' && Object.hasOwn(content, '')) return undefined
  const prefix = name === '' ? '' : `${name}/`
  const names = Object.keys(content)
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length).split('/')[0] ?? '')
  return names.length === 0 && name !== '' ? undefined : [...new Set(names)]
}

function readOnlyFile(content: Uint8Array): DiskFile {
  const refuse = async (): Promise<never> => {
    throw problem('EROFS', 'read-only file system')
  }
  return {
    read: async (into, position) => {
      const found = content.subarray(position, position + into.length)
      into.set(found)
      return found.length
    },
    append: refuse,
    truncate: refuse,
    sizeBytes: async () => content.length,
    sync: async () => undefined,
    close: async () => undefined,
  }
}

function problem(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
