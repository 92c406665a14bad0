import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Paths of the TypeScript sources below `folder`, tests left out, relative to the repository's root. */
export function sources(folder: string): string[] {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file}`)
    .sort()
}

export function textOf(file: string): string {
  return readFileSync(`${ROOT}/${file}`, 'utf8')
}
