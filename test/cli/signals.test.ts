import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliHome } from './dabba.ts'

let home: CliHome

beforeEach(() => {
  home = new CliHome()
})

afterEach(() => home[Symbol.dispose]())

const MEMORY = ['up', '--in-memory', '--port', '0']

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s stops a cluster at once, and its process ends',
  async (signal) => {
    const { cli } = await home.up(['--data-dir', 'state', '--port', '0'])
    const beganMs = Date.now()
    expect(await cli.stop(signal)).toMatchObject({ code: 0, stderr: '' })
    expect(Date.now() - beganMs).toBeLessThan(3_000)
    expect((await home.run(['status', '-o', 'name'])).stdout).toBe('')
  },
)

test('Ctrl-C at any moment of the start leaves no cluster, no record and no stack trace', async () => {
  const ended = [150, 300, 450, 600, 750].map(async (delayMs) => {
    const cli = home.start([...MEMORY, '--name', `c${delayMs}`])
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    return cli.stop('SIGINT')
  })
  for (const { code, signal, stderr } of await Promise.all(ended)) {
    // Before the program reads its signals, the system ends it; after that it ends by itself.
    if (signal === 'SIGINT') expect(stderr).toBe('')
    else if (code === 1) expect(stderr).toMatch(/^Cluster "c\d+" was stopped before it was up\n$/)
    else expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  }
  expect((await home.run(['status', '-o', 'name'])).stdout).toBe('')
})

test('a second Ctrl-C ends the process as it is, and the name is free again', async () => {
  const { cli } = await home.up(['--data-dir', 'state', '--port', '0'])
  cli.child.kill('SIGINT')
  cli.child.kill('SIGINT')
  const { stderr } = await cli.ended
  expect(stderr).toBe('')
  const { cli: again } = await home.up(['--data-dir', 'state', '--port', '0'])
  expect((await again.stop()).code).toBe(0)
})

test('a reader that goes away does not take the cluster with it', async () => {
  const { cli, document } = await home.up(['--in-memory', '--port', '0'])
  cli.child.stdout.destroy()
  cli.child.stderr.destroy()
  expect(JSON.parse((await home.run(['status', '-o', 'json'])).stdout)).toMatchObject([{ url: document.url }])
  expect((await home.run(['down'])).code).toBe(0)
})

test('Ctrl-C ends the wait for manifests on standard input', async () => {
  const cli = home.start([...MEMORY, '-f', '-'])
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const beganMs = Date.now()
  expect(await cli.stop('SIGINT')).toMatchObject({ code: 1, stdout: '', stderr: '' })
  expect(Date.now() - beganMs).toBeLessThan(3_000)
})
