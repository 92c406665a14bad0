import { createServer, type AddressInfo, type Server } from 'node:net'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliHome, type Ran } from './dabba.ts'

const home = new CliHome()
let blocker: Server
let takenPort: string

beforeAll(async () => {
  const write = (name: string, text: string): void => writeFileSync(home.path(name), text)
  write('broken.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n')
  write('list.yaml', '- a\n- b\n')
  write(
    'refused.yaml',
    '# one\napiVersion: v1\nkind: Service\nmetadata:\n  name: Web\nspec:\n  ports: [{ port: 80 }]\n',
  )
  write('typo.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndatas: {}\n')
  write('unknown.yaml', 'apiVersion: shop.example/v1\nkind: Cart\nmetadata:\n  name: a\n')
  write('nodes.yaml', '- name: small\n  capacity: { memory: lots }\n')
  write('file', 'not a folder')
  write('no-kubeconfig', 'a: [')
  write('elsewhere', JSON.stringify(kubeconfigTo('https://127.0.0.1:1')))
  write('exec', JSON.stringify(kubeconfigTo('https://127.0.0.1:1', { exec: { command: 'aws' } })))
  mkdirSync(home.path('empty'))
  mkdirSync(home.path('no-store'))
  write('no-store/store.db', 'this is a text, and no database at all'.repeat(200))
  mkdirSync(home.path('no-keys'))
  write('no-keys/identity.json', '{ "half":')
  blocker = createServer()
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done))
  takenPort = String((blocker.address() as AddressInfo).port)
})

afterAll(() => {
  blocker.close()
  home[Symbol.dispose]()
})

function kubeconfigTo(server: string, user: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server } }],
    users: [{ name: 'a', user }],
  }
}

/** Three lines and nothing else; the exit code says that it could not be done. */
function expectFailure(ran: Ran, { message, code }: { message: string; code: string }): void {
  expect(ran.stdout).toBe('')
  expect(ran.stderr).toMatch(/^error: .+\nhint: {2}.+\ncode: {2}DABBA_[A-Z_]+\n$/)
  expect(ran.stderr).toContain(message)
  expect(ran.stderr).toContain(`code:  ${code}\n`)
  expect(ran.code).toBe(2)
}

test.concurrent.each([
  [['ups'], 'There is no command "ups"; did you mean "up"?', 'DABBA_USAGE'],
  [['--verbose'], 'There is no flag "--verbose"', 'DABBA_USAGE'],
  [['up', '--node', '3'], '`dabba up` has no flag --node; did you mean --nodes?', 'DABBA_USAGE'],
  [['up', '--in-memory', '--data-dir', 'x'], '--in-memory and --data-dir exclude each other', 'DABBA_USAGE'],
  [['up', '--name', 'My Cluster'], '"My Cluster" cannot name a cluster', 'DABBA_USAGE'],
  [['up', '--nodes-file', 'missing.yaml'], 'nodes file missing.yaml: no such file or directory', 'DABBA_FILE'],
  [['up', '--nodes-file', 'empty'], 'Cannot read the nodes file empty: illegal operation on a directory', 'DABBA_FILE'],
  [['up', '--nodes-file', 'nodes.yaml'], 'nodes.yaml:2: [0].capacity.memory: must be a quantity', 'DABBA_NODE_PROFILE'],
  [['up', '-f', '-'], 'There are no manifests in standard input', 'DABBA_MANIFEST'],
  [['up', '-f', 'broken.yaml'], 'Cannot read broken.yaml:4: ', 'DABBA_MANIFEST'],
  [['down'], 'No cluster "dabba" is running', 'DABBA_CLUSTER'],
  [['why'], '`dabba why` takes one pod/NAME or hpa/NAME, and none was given', 'DABBA_USAGE'],
  [['why', 'node/a'], '`dabba why` takes one pod/NAME or hpa/NAME, not "node/a"', 'DABBA_USAGE'],
  [['why', 'pod/a'], 'No cluster "dabba" is running', 'DABBA_CLUSTER'],
  [['why', 'pod/a', '--kubeconfig', 'x'], 'the kubeconfig x: no such file or directory', 'DABBA_KUBECONFIG'],
  [['why', 'pod/a', '--kubeconfig', 'list.yaml'], 'does not say which cluster to use', 'DABBA_KUBECONFIG'],
  [['why', 'pod/a', '--kubeconfig', 'exec'], 'logs in by `exec`', 'DABBA_KUBECONFIG'],
  [
    ['why', 'pod/a', '--kubeconfig', 'elsewhere'],
    'Cannot reach the cluster: connect ECONNREFUSED',
    'DABBA_UNREACHABLE',
  ],
  [['completion', 'csh'], '`dabba completion` takes bash, zsh or fish, not "csh"', 'DABBA_USAGE'],
])('dabba %j', async (args, message, code) => {
  expectFailure(await home.run(args), { message, code })
})

// These start a cluster, or are about to.
test.each([
  [
    ['-f', 'refused.yaml'],
    'refused.yaml:2: Service "Web" is refused: Service "Web" is invalid: metadata.name: ',
    'DABBA_MANIFEST',
  ],
  [['-f', 'typo.yaml'], 'typo.yaml:1: ConfigMap "a" is refused: ', 'DABBA_MANIFEST'],
  [['-f', 'unknown.yaml'], 'no matches for kind "Cart" in version "shop.example/v1"', 'DABBA_MANIFEST'],
  [['--kubeconfig', 'file/kubeconfig'], '/file/kubeconfig: a file is in the way', 'DABBA_FILE'],
  [['--kubeconfig', 'no-kubeconfig'], 'Cannot add to the kubeconfig', 'DABBA_FILE'],
])('dabba up --in-memory %j', async (args, message, code) => {
  expectFailure(await home.run(['up', '--in-memory', '--port', '0', ...args]), { message, code })
  expect((await home.run(['status', '-o', 'name'])).stdout).toBe('')
})

test.each([
  ['file/data', 'file/data: not a directory', 'DABBA_FILE'],
  ['file', 'file: a file is in the way', 'DABBA_FILE'],
  ['no-store', 'no-store/store.db: file is not a database', 'DABBA_STORE_UNREADABLE'],
  ['no-keys', 'no-keys/identity.json: ', 'DABBA_STORE_UNREADABLE'],
])('dabba up --data-dir %s', async (path, message, code) => {
  expectFailure(await home.run(['up', '--port', '0', '--data-dir', path]), { message, code })
})

test('a port that another program has', async () => {
  const ran = await home.run(['up', '--in-memory', '--port', takenPort])
  expectFailure(ran, { message: `Port ${takenPort} on 127.0.0.1 is taken`, code: 'DABBA_PORT' })
})

test('a folder of dabba’s own that cannot be made', async () => {
  const ran = await home.run(['up', '--in-memory', '--port', '0'], { env: { DABBA_HOME: home.path('file') } })
  expectFailure(ran, { message: 'Cannot write to dabba’s folder', code: 'DABBA_FILE' })
})

test('every object that is refused is named, the first of them in the error', async () => {
  const args = ['up', '--in-memory', '--port', '0', '-f', 'unknown.yaml', '-f', 'typo.yaml', '-f', 'refused.yaml']
  const { code, stderr } = await home.run(args)
  expect(
    stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(': ')[0]),
  ).toEqual(['warning', 'warning', 'error', 'hint', 'code'])
  expect(stderr).toContain('error: unknown.yaml:1: Cart "a" is refused: ')
  expect(stderr).toContain('(and 2 more, above)')
  expect(code).toBe(2)
})

test('a store that is damaged in the middle', async () => {
  const args = ['--port', '0', '--data-dir', 'damaged']
  const { cli } = await home.up(args)
  await cli.stop()
  const path = home.path('damaged', 'store.db')
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xff, 8_192, 40_960))
  expectFailure(await home.run(['up', ...args]), { message: 'damaged/store.db: ', code: 'DABBA_STORE_UNREADABLE' })
})

test('a fault of our own is three lines too; what a report needs is in a file', async () => {
  const fault = "data:text/javascript,setTimeout(() => { throw new Error('boom') }, 1500)"
  const cli = home.start(['up', '--in-memory', '--port', '0', '-o', 'json'], {
    env: { NODE_OPTIONS: `--import="${fault}"` },
  })
  const ran = await cli.ended
  expect(ran.stderr).toMatch(
    /^error: dabba itself has failed: boom\nhint: {2}Please report it, with .+\ncode: {2}DABBA_INTERNAL\n$/,
  )
  expect(ran.code).toBe(2)
  const report = / (\/\S+\.txt)\n/.exec(ran.stderr)?.[1] ?? ''
  expect(readFileSync(report, 'utf8')).toMatch(/^dabba up --in-memory[^]*Error: boom\n {4}at /)
})
