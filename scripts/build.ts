import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Builds what is published: JavaScript and types from `src/`, and the data files beside them.
 *
 *   node scripts/build.ts [FOLDER]      into `dist/` unless told otherwise
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const target = resolve(root, process.argv[2] ?? 'dist')
const tsc = join(root, 'node_modules', '.bin', 'tsc')
rmSync(target, { recursive: true, force: true })
execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', target], { cwd: root, stdio: 'inherit' })
for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.json')) cpSync(join(root, 'src', file), join(target, file))
}
