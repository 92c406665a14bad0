import { dirname, isAbsolute, join } from 'node:path'
import type { Disk } from '../world/disk.ts'

/** Files that a pattern such as `templates/*.tmpl` names, sorted; relative ones are looked for in `folder`. */
export async function findFiles(disk: Disk, pattern: string, folder: string): Promise<readonly string[]> {
  const absolute = isAbsolute(pattern) ? pattern : join(folder, pattern)
  return await expand(disk, absolute)
}

async function expand(disk: Disk, pattern: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(pattern)) return (await disk.exists(pattern)) ? [pattern] : []
  const parent = dirname(pattern)
  const wanted = globPattern(pattern.slice(parent.endsWith('/') ? parent.length : parent.length + 1))
  const found: string[] = []
  for (const folder of await expand(disk, parent)) {
    const names = (await disk.list(folder)) ?? []
    found.push(...names.filter((name) => wanted.test(name)).map((name) => join(folder, name)))
  }
  return found.sort()
}

/** A name's pattern: `*` any characters, `?` one, `[a-z]` one of these. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/\[!/g, '[^').replace(/[.+^${}()|\\]/g, (character, at: number) => {
    return character === '^' && glob.charAt(at - 1) === '[' ? character : `\\${character}`
  })
  return new RegExp(`^${source.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`)
}
