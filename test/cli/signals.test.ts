import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliHome } from './dabba.ts'

let home: CliHome

beforeEach(() => {
  home = new CliHome()
})

afterEach(() => home[Symbol.dispose]())

const MEMORY = ['up', '--in-memory', '--port', '0']
/** More than a pipe holds: who took so much of it reads from it. */
const PIPE_MAX_BYTES = 1_024 * 1_024

/**
 * How long what happens at once may take: shorter than any grace or time-out. A start is much more work, so what one took
 * here and now tells how busy the machine is.
 */
function atOnceMs(startedInMs: number): number {
  return Math.max(3_000, startedInMs)
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s stops a cluster at once, and its process ends',
  async (signal) => {
    const beganMs = Date.now()
    const { cli } = await home.up(['--data-dir', 'state', '--port', '0'])
    const upMs = Date.now()
    expect(await cli.stop(signal)).toMatchObject({ code: 0, stderr: '' })
    expect(Date.now() - upMs).toBeLessThan(atOnceMs(upMs - beganMs))
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
  const beganMs = Date.now()
  const cli = home.start([...MEMORY, '-f', '-'])
  await new Promise((resolve) => cli.child.stdin.write('#'.repeat(PIPE_MAX_BYTES), resolve))
  const readsMs = Date.now()
  expect(await cli.stop('SIGINT')).toMatchObject({ code: 1, stdout: '', stderr: '' })
  expect(Date.now() - readsMs).toBeLessThan(atOnceMs(readsMs - beganMs))
})
