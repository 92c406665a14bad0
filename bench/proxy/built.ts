import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const target = join(root, 'node_modules', '.cache', 'dabba-bench')

/**
 * A program of the benches as what is published: JavaScript. Sources would be measured with Node's compiler in their process,
 * which takes more memory than the program.
 */
export function builtProgram(source: URL): string {
  const path = fileURLToPath(source)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  // Node looks for the kind of a module no further than to the folder of packages.
  writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module' }))
  const project = join(target, 'tsconfig.json')
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        rootDir: root,
        outDir: target,
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      files: [path],
      include: [],
    }),
  )
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project], { stdio: 'inherit' })
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.json')) cpSync(join(root, 'src', file), join(target, 'src', file))
  }
  return join(target, relative(root, path).replace(/\.ts$/, '.js'))
}
