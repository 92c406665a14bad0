import type { Disk } from '../../world/disk.ts'

/** Paths of the files that a pattern names, sorted: `*` and `?` stand for any characters in its last part. */
export async function matchFiles(disk: Pick<Disk, 'list' | 'exists'>, pattern: string): Promise<readonly string[]> {
  const slash = pattern.lastIndexOf('/')
  const directory = slash < 0 ? '.' : pattern.slice(0, Math.max(slash, 1))
  const last = pattern.slice(slash + 1)
  if (!/[*?[]/.test(last)) return (await disk.exists(pattern)) ? [pattern] : []
  const matches = new RegExp(
    `^${last
      .replace(/[.+^${}()|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )
  const names = (await disk.list(directory)) ?? []
  const prefix = slash < 0 ? '' : directory === '/' ? '/' : `${directory}/`
  return names.filter((name) => matches.test(name)).map((name) => prefix + name)
}
