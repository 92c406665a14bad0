import { posix } from 'node:path'
import { type Disk, type DiskFile, type DiskLock, DiskLockedError } from './disk.ts'
import type { Random } from './random.ts'

/** Bytes that a file may lose to a power cut lie behind `syncedBytes`. */
interface Content {
  bytes: Uint8Array
  length: number
  syncedBytes: number
}

/**
 * A file system in memory, whose power can be cut. Names are safe at once, as with a journal; what was written and not synced
 * is kept, torn, lost or turned to zeros, by the dice.
 */
export class RehearsedDisk implements Disk {
  readonly #files = new Map<string, Content>()
  readonly #directories = new Set<string>(['/'])
  readonly #locks = new Set<string>()
  /** Handles of before the last power cut are dead. */
  #epoch = 0
  /** When set, so many more writes succeed, and the power goes in the middle of the next one. */
  #writesLeft = Infinity
  #random: Random | undefined

  async read(path: string): Promise<Uint8Array> {
    const { bytes, length } = this.#content(path)
    return bytes.slice(0, length)
  }

  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path))
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice()
    this.#spendWrite()
    this.#checkParent(path)
    this.#files.set(path, { bytes, length: bytes.length, syncedBytes: bytes.length })
  }

  async remove(path: string): Promise<void> {
    this.#spendWrite()
    const inside = `${path}/`
    for (const name of this.#files.keys()) if (name === path || name.startsWith(inside)) this.#files.delete(name)
    for (const name of this.#directories) if (name === path || name.startsWith(inside)) this.#directories.delete(name)
  }

  async makeDirectory(path: string): Promise<void> {
    this.#spendWrite()
    for (let name = path; name !== '/'; name = posix.dirname(name)) this.#directories.add(name)
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    if (!this.#directories.has(path)) return undefined
    const names = [...this.#files.keys(), ...this.#directories].filter(
      (name) => posix.dirname(name) === path && name !== '/',
    )
    return names.map((name) => posix.basename(name)).sort()
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path) || this.#directories.has(path)
  }

  async open(path: string, mode: 'read' | 'append'): Promise<DiskFile> {
    if (mode === 'append' && !this.#files.has(path)) {
      this.#spendWrite()
      this.#checkParent(path)
      this.#files.set(path, { bytes: new Uint8Array(0), length: 0, syncedBytes: 0 })
    }
    return this.#handle(this.#content(path))
  }

  async rename(from: string, to: string): Promise<void> {
    this.#spendWrite()
    const content = this.#files.get(from)
    if (content !== undefined) {
      this.#files.delete(from)
      this.#files.set(to, content)
      return
    }
    if (!this.#directories.has(from)) throw missing(from)
    const inside = `${from}/`
    for (const [name, file] of this.#files) {
      if (!name.startsWith(inside)) continue
      this.#files.delete(name)
      this.#files.set(`${to}/${name.slice(inside.length)}`, file)
    }
    for (const name of this.#directories) {
      if (name !== from && !name.startsWith(inside)) continue
      this.#directories.delete(name)
      this.#directories.add(to + name.slice(from.length))
    }
  }

  async lock(path: string): Promise<DiskLock> {
    if (this.#locks.has(path)) throw new DiskLockedError(path, 'of this rehearsal')
    this.#locks.add(path)
    return { release: async () => void this.#locks.delete(path) }
  }

  /** The machine goes dark and comes up again: what was not synced is at the mercy of the dice. */
  cutPower(random: Random): void {
    this.killProcess()
    for (const content of this.#files.values()) {
      const atRisk = content.length - content.syncedBytes
      if (atRisk === 0) continue
      const kept = content.syncedBytes + random.below(atRisk + 1)
      if (random.below(2) === 0) content.length = kept
      else content.bytes.fill(0, kept, content.length)
      content.syncedBytes = content.length
    }
  }

  /** The disk as one process sees it: it fails once the process or the power is gone. */
  forProcess(): Disk {
    const epoch = this.#epoch
    const alive = async (): Promise<this> => {
      if (epoch !== this.#epoch) throw new Error('the process is gone')
      return this
    }
    return {
      read: async (path) => (await alive()).read(path),
      readText: async (path) => (await alive()).readText(path),
      write: async (path, content) => (await alive()).write(path, content),
      remove: async (path) => (await alive()).remove(path),
      makeDirectory: async (path) => (await alive()).makeDirectory(path),
      list: async (path) => (await alive()).list(path),
      exists: async (path) => (await alive()).exists(path),
      open: async (path, mode) => (await alive()).open(path, mode),
      rename: async (from, to) => (await alive()).rename(from, to),
      lock: async (path) => (await alive()).lock(path),
    }
  }

  /** The process is gone and its locks with it; the system keeps all that was written. */
  killProcess(): void {
    this.#epoch++
    this.#locks.clear()
    this.#writesLeft = Infinity
  }

  /** Lets so many more writes succeed. The next one tears, and everything fails until the power or the process is back. */
  failAfter(writes: number, random: Random): void {
    this.#writesLeft = writes
    this.#random = random
  }

  #handle(content: Content): DiskFile {
    const epoch = this.#epoch
    const check = (): void => {
      if (epoch !== this.#epoch) throw new Error('the file was open before the process or the power went')
    }
    return {
      read: async (into, position) => {
        check()
        const found = content.bytes.subarray(
          position,
          Math.max(position, Math.min(content.length, position + into.length)),
        )
        into.set(found)
        return found.length
      },
      append: async (bytes) => {
        check()
        const isLast = this.#writesLeft === 0
        append(content, isLast ? bytes.subarray(0, this.#random?.below(bytes.length + 1)) : bytes)
        this.#spendWrite()
      },
      truncate: async (sizeBytes) => {
        check()
        this.#spendWrite()
        content.length = Math.min(content.length, sizeBytes)
        content.syncedBytes = Math.min(content.syncedBytes, sizeBytes)
      },
      sizeBytes: async () => content.length,
      sync: async () => {
        check()
        this.#spendWrite()
        content.syncedBytes = content.length
      },
      close: async () => undefined,
    }
  }

  #spendWrite(): void {
    if (this.#writesLeft < 0) throw new Error('the power is gone')
    this.#writesLeft--
    if (this.#writesLeft < 0) throw new Error('the power went')
  }

  #content(path: string): Content {
    const content = this.#files.get(path)
    if (content === undefined) throw missing(path)
    return content
  }

  #checkParent(path: string): void {
    if (!this.#directories.has(posix.dirname(path))) throw missing(path)
  }
}

function append(content: Content, bytes: Uint8Array): void {
  const length = content.length + bytes.length
  if (length > content.bytes.length) {
    const room = new Uint8Array(Math.max(length, content.bytes.length * 2))
    room.set(content.bytes.subarray(0, content.length))
    content.bytes = room
  }
  content.bytes.set(bytes, content.length)
  content.length = length
}

function missing(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' })
}
