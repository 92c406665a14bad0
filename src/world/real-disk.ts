import { constants } from 'node:fs'
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Disk, type DiskFile, type DiskLock, DiskLockedError } from './disk.ts'

/** The host's file system. */
export class RealDisk implements Disk {
  /** Locks that this process holds by this disk: the file alone does not tell one part of a process from another. */
  readonly #locks = new Set<string>()

  read(path: string): Promise<Uint8Array> {
    return readFile(path)
  }

  readText(path: string): Promise<string> {
    return readFile(path, 'utf8')
  }

  async write(path: string, content: string | Uint8Array, options: { mode?: number } = {}): Promise<void> {
    const partial = `${path}.partial`
    await writeFile(partial, content, { mode: options.mode ?? 0o644 })
    await rename(partial, path)
  }

  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true })
  }

  async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true })
  }

  async list(path: string): Promise<readonly string[] | undefined> {
    if (!(await this.exists(path)) || !(await stat(path)).isDirectory()) return undefined
    return (await readdir(path)).sort()
  }

  async exists(path: string): Promise<boolean> {
    return (await stat(path).catch(ifMissing)) !== undefined
  }

  async open(path: string, mode: 'read' | 'append'): Promise<DiskFile> {
    // Not the flag of appending: with it, some systems write at the end even where a position was given.
    const flags = mode === 'read' ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT
    const handle = await open(path, flags, 0o644)
    return new RealFile(handle, mode === 'read' ? 0 : (await handle.stat()).size)
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to)
  }

  async lock(path: string): Promise<DiskLock> {
    if (this.#locks.has(path)) throw new DiskLockedError(path, String(process.pid))
    const directory = dirname(path)
    // One of ours says who has it. Without that, a directory that is not new may still be somebody else's.
    const written = await readFile(path, 'utf8').catch(ifMissing)
    const isNew = (await readdir(directory)).length === 0
    const holder = written === undefined || written === '' ? (isNew ? undefined : await userOf(directory)) : written
    if (holder !== undefined && isAnotherLiveProcess(Number(holder))) throw new DiskLockedError(path, holder)
    this.#locks.add(path)
    await writeFile(path, String(process.pid))
    return {
      release: async () => {
        this.#locks.delete(path)
        await rm(path, { force: true })
      },
    }
  }
}

class RealFile implements DiskFile {
  readonly #handle: FileHandle
  #end: number

  constructor(handle: FileHandle, end: number) {
    this.#handle = handle
    this.#end = end
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return filled
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const at = this.#end + written
      written += (await this.#handle.write(bytes, written, bytes.length - written, at)).bytesWritten
    }
    this.#end += bytes.length
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#handle.truncate(sizeBytes)
    this.#end = Math.min(this.#end, sizeBytes)
  }

  async sizeBytes(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/**
 * Another process that has something in the directory open: programs in other languages lock by means that Node does not
 * have, or not at all. Linux lists the open files of the user's processes; elsewhere nothing is found.
 */
async function userOf(directory: string): Promise<string | undefined> {
  const processes = (await readdir('/proc').catch(ifMissing)) ?? []
  for (const pid of processes.filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(ifHidden)
    for (const file of files ?? []) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(ifHidden)
      if (target?.startsWith(`${directory}/`) === true) return pid
    }
  }
  return undefined
}

function isAnotherLiveProcess(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It lives, and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

/** Processes of others, and those that end meanwhile, do not show their files. */
function ifHidden(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'EACCES' || error.code === 'EPERM') return undefined
  return ifMissing(error)
}
