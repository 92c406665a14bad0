import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ConfigMap } from '../../src/api/kinds/core/config-map.ts'
import { Node } from '../../src/api/kinds/core/node.ts'
import { Pod } from '../../src/api/kinds/core/pod.ts'
import { connect } from '../../src/cli/connect.ts'
import type { Client } from '../../src/client/client.ts'
import { freePort } from '../clients/free-port.ts'
import { CliHome, type UpDocument } from './dabba.ts'

let home: CliHome

beforeEach(() => {
  home = new CliHome()
})

afterEach(() => home[Symbol.dispose]())

const MEMORY = ['--in-memory', '--port', '0']

function clientOf({ kubeconfig }: { readonly kubeconfig: string }): Client {
  return connect({ name: undefined, kubeconfig })
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 60_000
  while (!(await done())) {
    if (Date.now() > deadlineMs) throw new Error('not so within a minute')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('what a new user sees: up, status, why, down', async () => {
  writeFileSync(
    home.path('pod.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: a, image: nginx }] }\n',
  )
  const cli = home.start(['up', ...MEMORY, '-f', 'pod.yaml', '--nodes', '3'])
  await cli.printed('Ctrl-C stops it')
  const url = /https:\/\/127\.0\.0\.1:\d+/.exec(cli.stdout)?.[0] ?? ''
  const kubeconfig = home.path('dabba', 'clusters', 'dabba', 'kubeconfig')
  expect(
    cli.stdout
      .replace(url, 'URL')
      .replace(kubeconfig, 'KUBECONFIG')
      .replace(/in \d+\.\d s/, 'in TIME')
      .replace(/DNS is at 127\.0\.0\.1:\d+/, 'DNS is at ADDRESS'),
  ).toBe(
    [
      'Cluster "dabba" is up at URL. To use it:',
      '',
      '  export KUBECONFIG=KUBECONFIG',
      '',
      '3 nodes (48 CPUs, 192 GiB). Its state is in memory only.',
      'This host reaches pods and Services: 10.a.b.c is 127.a.b.c, and DNS is at ADDRESS.',
      'Applied 1 object in TIME: 1 pod.',
      '',
      'Try, in another terminal:',
      '',
      '  watch pods start               kubectl get pods -w',
      '  ask why a pod is where it is   dabba why pod/web',
      '  see what happens               kubectl events --watch',
      '',
      'Ctrl-C stops it, and all is forgotten.',
      '',
    ].join('\n'),
  )

  const status = await home.run(['status'])
  expect(status.stdout.split('\n')[0]).toMatch(/^NAME +STATE +URL +STARTED +KUBECONFIG$/)
  expect(status.stdout.split('\n')[1]).toMatch(/^dabba +up +https:/)
  const [record] = JSON.parse((await home.run(['status', '-o', 'json'])).stdout) as Record<string, unknown>[]
  expect(record).toMatchObject({ name: 'dabba', state: 'up', url, kubeconfig, pid: cli.child.pid })

  await until(
    async () =>
      (await clientOf({ kubeconfig }).get(Pod, { namespace: 'default', name: 'web' }))?.spec.nodeName !== undefined,
  )
  const why = await home.run(['why', 'pod/web'])
  expect(why.stdout).toMatch(/^It is on node-\d\./)
  expect(why.stdout).toMatch(/\nNODE +TOTAL +WHY\nnode-/)
  expect(why.code).toBe(0)
  expect((await home.run(['why', 'pod/none'])).stderr).toContain('There is no pod "none" in namespace "default"')

  const second = await home.run(['up', ...MEMORY])
  expect(second.stderr).toContain(`Cluster "dabba" is already running at ${url}`)
  expect(second.code).toBe(2)

  const down = await home.run(['down'])
  expect(down).toMatchObject({ code: 0, stdout: 'Cluster "dabba" has stopped\n', stderr: '' })
  const ran = await cli.ended
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout).toMatch(/\nCluster "dabba" has stopped\n$/)
  expect((await home.run(['status'])).stdout).toBe('No cluster is running. Start one with `dabba up`.\n')
})

test('-o prints one document once it is up', async () => {
  const cli = home.start(['up', ...MEMORY, '-o', 'yaml', '--nodes', '2', '--name', 'shop'])
  await cli.printed('applied: 0\n')
  const document = parse(cli.stdout) as UpDocument
  expect(document).toEqual({
    name: 'shop',
    url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/) as string,
    kubeconfig: home.path('dabba', 'clusters', 'shop', 'kubeconfig'),
    pid: cli.child.pid,
    dns: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    nodes: [
      { name: 'node-1', ready: true },
      { name: 'node-2', ready: true },
    ],
    applied: 0,
  })
  const before = cli.stdout
  expect(await cli.stop('SIGINT')).toMatchObject({ code: 0, stderr: '', stdout: before })
})

test('several clusters run side by side, and `down --all` stops them', async () => {
  const { document: one } = await home.up([...MEMORY, '--name', 'one'])
  const { document: two } = await home.up([...MEMORY, '--name', 'two'])
  expect(one.url).not.toBe(two.url)
  expect((await home.run(['status', '-o', 'name'])).stdout).toBe('one\ntwo\n')
  expect((await home.run(['why', 'pod/a'])).stderr).toContain('hint:  Name one that is: --name one, --name two')
  expect((await home.run(['down', '--all'])).stdout).toBe('Cluster "one" has stopped\nCluster "two" has stopped\n')
  expect((await home.run(['down', '--all'])).stdout).toBe('No cluster is running\n')
})

test('a cluster that keeps its state comes back with it: objects, kubeconfig, port, pods that go on', async () => {
  const args = ['--data-dir', 'state', '--port', '0']
  // One that nobody takes while the cluster is down.
  const port = await freePort()
  const first = await home.up(['--data-dir', 'state', '--port', String(port), '--nodes', '2'])
  const saved = home.path('saved-kubeconfig')
  writeFileSync(saved, readFileSync(first.document.kubeconfig))
  const client = clientOf(first.document)
  const key = { namespace: 'default', name: 'web' }
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: key,
    spec: { containers: [{ name: 'a', image: 'nginx' }] },
  } as Pod)
  const isRunning = (pod?: Pod): boolean => pod?.status?.phase === 'Running'
  await until(async () => isRunning(await client.get(Pod, key)))
  const before = await client.get(Pod, key)
  await first.cli.stop()

  const again = await home.up(args)
  expect(again.document.url).toBe(first.document.url)
  expect(again.document.nodes).toHaveLength(2)
  const after = await clientOf({ kubeconfig: saved }).get(Pod, key)
  expect(after?.metadata.uid).toBe(before?.metadata.uid)
  expect(after?.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, ready: true })
  await again.cli.stop()

  const more = await home.up([...args, '--nodes', '3'])
  expect(more.document.nodes.map(({ name }) => name)).toEqual(['node-1', 'node-2', 'node-3'])
  await more.cli.stop()

  // Its port is taken meanwhile: any other will do, and that is said.
  const blocker = createServer()
  await new Promise<void>((done) => blocker.listen(port, '127.0.0.1', done))
  const moved = home.start(['up', ...args])
  await moved.printed('Ctrl-C stops it, and its state stays.')
  expect(moved.stdout).toContain(`The port of its last run, ${port}, is taken`)
  await moved.stop()
  blocker.close()
})

test('a data directory is one cluster’s at a time', async () => {
  await home.up(['--data-dir', 'state', '--port', '0'])
  const { code, stderr } = await home.run(['up', '--name', 'other', '--data-dir', 'state', '--port', '0'])
  expect(stderr).toMatch(
    /^error: Cannot open the store .*state\/store\.db: another process has it open\nhint: .+\ncode: {2}DABBA_STORE_LOCKED\n$/,
  )
  expect(code).toBe(2)
})

test('standard input, a definition after its objects, a List, and a namespace after what is in it', async () => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'carts.shop.example' },
    spec: {
      group: 'shop.example',
      scope: 'Namespaced',
      names: { plural: 'carts', singular: 'cart', kind: 'Cart', listKind: 'CartList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }
  const cart = {
    apiVersion: 'shop.example/v1',
    kind: 'Cart',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { items: 1 },
  }
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' }, data: { a: 'b' } }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  const list = { apiVersion: 'v1', kind: 'List', items: [cart, config, definition, namespace] }
  const cli = home.start(['up', ...MEMORY, '-f', '-', '-o', 'json'])
  cli.child.stdin.end(JSON.stringify(list))
  await cli.printed('\n}\n')
  const document = JSON.parse(cli.stdout) as UpDocument
  expect(document.applied).toBe(4)
  const map = await clientOf(document).get(ConfigMap, { namespace: 'shop', name: 'a' })
  expect(map?.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['kubectl'])
})

test('a kubeconfig that the user names keeps its other clusters', async () => {
  const path = home.path('config')
  writeFileSync(path, 'apiVersion: v1\nkind: Config\nclusters: [{ name: other, cluster: { server: https://other } }]\n')
  const { document } = await home.up([...MEMORY, '--kubeconfig', 'config'])
  expect(document.kubeconfig).toBe(path)
  expect(readFileSync(path, 'utf8')).toContain('https://other')
  expect((await clientOf(document).list(Node)).items).toHaveLength(1)
})

test('a record whose process is gone, or that is another’s by now, stands in nobody’s way', async () => {
  const record = home.path('dabba', 'clusters', 'dabba', 'cluster.json')
  const { cli } = await home.up(MEMORY)
  cli.child.kill('SIGKILL')
  await cli.ended
  expect(existsSync(record)).toBe(true)
  const text = readFileSync(record, 'utf8')
  expect((await home.run(['down'])).stderr).toContain('No cluster "dabba" is running')

  // The number has gone to another process: this test. It must not be stopped.
  writeFileSync(record, text.replace(/"pid": \d+/, `"pid": ${process.pid}`))
  expect((await home.run(['down'])).stderr).toContain('No cluster "dabba" is running')

  writeFileSync(record, '{ "half": ')
  const { cli: next } = await home.up(MEMORY)
  expect((await next.stop()).code).toBe(0)
  expect(existsSync(record)).toBe(false)
})

test('of clusters of one name that start at the same time, one does', async () => {
  const starts = [1, 2, 3].map(() => home.start(['up', ...MEMORY, '-o', 'json']))
  const outcomes = await Promise.allSettled(starts.map((cli) => cli.printed('\n}\n')))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const [index, { stderr }] of starts.entries())
    if (outcomes[index]?.status === 'rejected') expect(stderr).toContain('code:  DABBA_CLUSTER\n')
})
