import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SIZE_MAX_BYTES = 10 * 1024 * 1024
const PACKAGES_MAX = 15
const PATIENCE_MS = 120_000
/** Where the Node is that everything here runs on; npm is beside whatever Node the machine has. */
const NODE_FOLDER = dirname(process.execPath)

const temp = mkdtempSync(join(tmpdir(), 'dabba-package-'))
const app = join(temp, 'app')
let tarball: string

interface Manifest {
  readonly version: string
  readonly files: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
}

beforeAll(() => {
  tarball = packed()
  mkdirSync(app)
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({ name: 'app', version: '1.0.0', private: true, type: 'module' }),
  )
  // The dependencies come as packages too, so that nothing is asked of a registry.
  const dependencies = runtimeDependencies().map((name) => npmPack(join(ROOT, 'node_modules', name)))
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--no-save', tarball, ...dependencies], { cwd: app })
}, PATIENCE_MS)

afterAll(() => rmSync(temp, { recursive: true, force: true, maxRetries: 5 }))

/** The project as npm packs it, built aside: others may be using `dist`. */
function packed(): string {
  const stage = join(temp, 'stage')
  mkdirSync(stage)
  run(process.execPath, [join(ROOT, 'scripts', 'build.ts'), join(stage, 'dist')], { cwd: ROOT })
  const { files } = readManifest(ROOT)
  for (const name of ['package.json', 'README.md', 'CHANGELOG.md', ...files.filter((file) => file !== 'dist')]) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(stage, name), { recursive: true })
  }
  return npmPack(stage)
}

function npmPack(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', temp, folder]
  const [result] = JSON.parse(run('npm', args, { cwd: temp })) as { filename: string }[]
  return join(temp, result?.filename ?? '')
}

/** What comes with dabba, and with that, and so on. */
function runtimeDependencies(): string[] {
  const found = new Set<string>()
  const visit = (folder: string): void => {
    for (const name of Object.keys(readManifest(folder).dependencies ?? {})) {
      if (!found.has(name)) visit(join(ROOT, 'node_modules', found.add(name) && name))
    }
  }
  visit(ROOT)
  return [...found].toSorted()
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

function environment(): Record<string, string> {
  const path = `${NODE_FOLDER}:${process.env['PATH'] ?? ''}`
  return { ...(process.env as Record<string, string>), PATH: path, DABBA_HOME: join(temp, 'home'), NODE_ENV: '' }
}

function run(command: string, args: readonly string[], { cwd }: { cwd: string }): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: environment(),
    timeout: 100_000,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}

function installed(): string[] {
  const modules = join(app, 'node_modules')
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return []
    return name.startsWith('@') ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : [name]
  })
}

test('the package is small, and brings few others', () => {
  const { size } = statSync(tarball)
  const packages = installed()
  console.log(`package: ${(size / 1024 / 1024).toFixed(2)} MB, ${packages.length} packages: ${packages.join(', ')}`)
  expect(size).toBeLessThan(SIZE_MAX_BYTES)
  expect(packages.length).toBeLessThan(PACKAGES_MAX)
})

test('it holds what is run, what is explained and the example, and nothing of the tests', () => {
  const own = join(app, 'node_modules', 'dabba')
  for (const file of [
    'dist/index.js',
    'dist/testing.d.ts',
    'generated/descriptions.json',
    'examples/bazaar/10-ledger.yaml',
  ]) {
    expect(existsSync(join(own, file)), file).toBe(true)
  }
  const files = readdirSync(own, { recursive: true, encoding: 'utf8' })
  expect(files.filter((file) => /\.test\.|\.map$|\/src\//.test(file))).toEqual([])
})

test('npx dabba version', () => {
  const { version } = readManifest(ROOT)
  expect(run('npx', ['--offline', 'dabba', 'version'], { cwd: app })).toMatch(
    new RegExp(
      `^dabba ${version.replaceAll('.', String.raw`\.`)} \\(Kubernetes v1\\.\\d+\\.\\d+, Node ${process.version.replaceAll('.', String.raw`\.`)}\\)\n$`,
    ),
  )
})

test(
  'npx dabba up reaches ready nodes, and stops',
  async () => {
    const args = [
      '--offline',
      'dabba',
      'up',
      '--in-memory',
      '--port',
      '0',
      '-f',
      'node_modules/dabba/examples/bazaar',
      '-o',
      'json',
    ]
    const child = spawn('npx', args, { cwd: app, env: environment() })
    let out = ''
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
        if (out.endsWith('\n}\n')) resolve()
      })
      child.on('close', () => reject(new Error(out + errors)))
    })
    const { nodes, applied, pid } = JSON.parse(out) as { nodes: object[]; applied: number; pid: number }
    expect(nodes).toEqual([{ name: 'node-1', ready: true }])
    expect(applied).toBeGreaterThan(100)
    const ended = new Promise((resolve) => child.on('close', resolve))
    process.kill(pid, 'SIGTERM')
    await ended
    expect(errors.split('\n').filter((line) => !line.startsWith('npm warn'))).toEqual([''])
  },
  PATIENCE_MS,
)

test(
  'dabba/testing works in node:test, on both clocks, and lets the process end',
  () => {
    const text = `
import assert from 'node:assert/strict'
import test from 'node:test'
import { kinds, startCluster } from 'dabba/testing'
import { createPlatform, Client, rehearsedWorld } from 'dabba'

for (const clock of ['virtual', 'real']) {
  test(\`a deployment comes up by the \${clock} clock\`, async () => {
    await using cluster = await startCluster({ clock, nodes: 2 })
    await cluster.apply('apiVersion: apps/v1\\nkind: Deployment\\nmetadata: { name: web }\\nspec:\\n  replicas: 2\\n  selector: { matchLabels: { app: web } }\\n  template:\\n    metadata: { labels: { app: web } }\\n    spec: { containers: [{ name: a, image: nginx }] }\\n')
    await cluster.until(async () => {
      const web = await cluster.client.get(kinds.Deployment, { namespace: 'default', name: 'web' })
      return web?.status?.readyReplicas === 2
    })
  })
}
test('the library is there', () => {
  assert.equal(typeof createPlatform, 'function')
  assert.equal(typeof Client, 'function')
  assert.ok(rehearsedWorld().clock.now() > 0)
})
`
    writeFileSync(join(app, 'cluster.test.js'), text)
    expect(run(process.execPath, ['--test', '--test-reporter=tap', 'cluster.test.js'], { cwd: app })).toMatch(
      /# pass 3\n# fail 0/,
    )
  },
  PATIENCE_MS,
)

test(
  'a TypeScript project that uses it type-checks against the published declarations',
  () => {
    const text = `
import { type Controller, Client, createPlatform, DONE, kinds, realWorld, type NodeProfile, watches } from 'dabba'
import { startCluster, type TestCluster } from 'dabba/testing'

export const controller: Controller = {
  name: 'greeter',
  sources: [watches(kinds.ConfigMap as never)],
  reconcile: () => Promise.resolve(DONE),
}

export async function readyReplicas(cluster: TestCluster): Promise<number> {
  const web: kinds.Deployment | undefined = await cluster.client.get(kinds.Deployment, { namespace: 'default', name: 'web' })
  return web?.status?.readyReplicas ?? 0
}

export async function main(nodes: readonly NodeProfile[]): Promise<void> {
  await using platform = await createPlatform({ world: realWorld(), nodes })
  const client: Client = platform.client
  const { items } = await client.list(kinds.Pod)
  const names: readonly string[] = items.map(({ metadata }) => metadata.name)
  await using cluster = await startCluster({ seed: names.join() })
  // @ts-expect-error: a cluster has no such thing
  cluster.fly()
}
`
    writeFileSync(join(app, 'main.ts'), text)
    const compilerOptions = {
      strict: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      skipLibCheck: false,
    }
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['main.ts'] }))
    mkdirSync(join(app, 'node_modules', '@types'), { recursive: true })
    for (const name of ['@types/node', 'undici-types']) {
      if (!existsSync(join(app, 'node_modules', name)))
        symlinkSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name))
    }
    expect(run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', '.'], { cwd: app })).toBe('')
  },
  PATIENCE_MS,
)
