// Installs what package-lock.json asks for, if it is not there yet, so that a fresh clone starts with one command.
// Plain JavaScript for whatever Node is on the machine: it brings the Node that everything else runs on.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lock = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.package-lock.json')
const node = join(root, 'node_modules', '.bin', 'node')

if (!existsSync(node) || !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.error('Installing dependencies (once) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    // The Node that is about to be installed satisfies what today's does not.
    env: { ...process.env, npm_config_engine_strict: 'false' },
  })
  if (status !== 0) {
    console.error('error: npm install failed; its own words are above\nhint:  run `npm install` and mend what it names')
    process.exit(status ?? 1)
  }
}

if (!existsSync(join(root, 'generated', 'descriptions.json'))) {
  const { status } = spawnSync(node, [join(root, 'scripts', 'generate-api.ts')], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
