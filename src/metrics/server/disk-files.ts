import { compareText } from '../../base/compare-text.ts'
import type { Disk } from '../../world/disk.ts'
import type { ConfigSources } from '../config/prometheus-config.ts'

/** Configuration from a file system; relative paths begin at `directory`. */
export function diskFiles(disk: Disk, directory: string): ConfigSources {
  const absolute = (path: string): string => (path.startsWith('/') ? path : `${directory}/${path}`)
  return {
    async readText(path) {
      if (!(await disk.exists(absolute(path)))) throw new Error(`open ${path}: no such file or directory`)
      return disk.readText(absolute(path))
    },
    async match(pattern) {
      const cut = pattern.lastIndexOf('/')
      const folder = cut < 0 ? '' : pattern.slice(0, cut)
      const name = pattern.slice(cut + 1)
      if (!name.includes('*')) return (await disk.exists(absolute(pattern))) ? [pattern] : []
      const wanted = new RegExp(`^${name.split('*').map(escaped).join('[^/]*')}$`)
      const names = (await disk.list(absolute(folder === '' ? '.' : folder))) ?? []
      return names
        .filter((one) => wanted.test(one))
        .map((one) => (cut < 0 ? one : `${folder}/${one}`))
        .toSorted(compareText)
    },
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
