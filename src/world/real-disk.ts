import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { Disk } from './disk.ts'

/** The host's file system. */
export class RealDisk implements Disk {
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
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
