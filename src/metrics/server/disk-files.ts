import { isAbsolute, join, relative } from 'node:path'
import type { Disk } from '../../world/disk.ts'
import type { ConfigSources } from '../config/prometheus-config.ts'
import { findFiles } from '../find-files.ts'

/** Configuration from a file system; relative paths begin at `directory`, and stay relative. */
export function diskFiles(disk: Disk, directory: string): ConfigSources {
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(directory, path))
  return {
    async readText(path) {
      if (!(await disk.exists(absolute(path)))) throw new Error(`open ${path}: no such file or directory`)
      return disk.readText(absolute(path))
    },
    async match(pattern) {
      const found = await findFiles(disk, pattern, directory)
      return isAbsolute(pattern) ? found : found.map((path) => relative(directory, path))
    },
  }
}
