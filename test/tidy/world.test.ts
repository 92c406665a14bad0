import { expect, test } from 'vitest'
import { sources, textOf } from './sources.ts'

const OUTSIDE: readonly RegExp[] = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /(?<![.\w])set(Timeout|Interval|Immediate)\(/,
  /\bperformance\.now\(/,
  /\brandomUUID\b|\brandomBytes\b/,
  /(?<![.\w])fetch\(/,
  /from 'node:(fs|fs\/promises|net|http|https|http2|dgram|child_process|dns|os|tls|worker_threads)'/,
]

/** Type-only imports reach nothing; the command line is where the world comes from. */
function reachesOutside(line: string): boolean {
  return !/^\s*(\/\/|\*|import type )/.test(line) && OUTSIDE.some((pattern) => pattern.test(line))
}

test('nothing below the command line reaches the outside except through the World', () => {
  const broken: string[] = []
  for (const file of sources('src')) {
    if (file.startsWith('src/world/') || file.startsWith('src/cli/')) continue
    for (const [index, line] of textOf(file).split('\n').entries()) {
      if (reachesOutside(line)) broken.push(`${file}:${index + 1}: ${line.trim()}`)
    }
  }
  expect(broken).toEqual([])
})
