import { expect, test } from 'vitest'
import { textOf } from './sources.ts'

// A shell keeps the `node` that it found first, and on a fresh clone that is the machine's, which may be too old for ours.
test('what installs runs in a shell of its own, so that the first `npm start` has the Node that was just installed', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  const together = Object.entries(scripts).filter(([, line]) => /install\.js\s*&&/.test(line))
  expect(together).toEqual([])
  for (const name of ['start', 'dabba', 'test', 'check', 'bench']) {
    expect(scripts[`pre${name}`], name).toBe('node scripts/install.js')
  }
})
