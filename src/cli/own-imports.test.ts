import { describe, expect, test } from 'vitest'
import { ownFile } from './own-imports.ts'

const here = import.meta.url.replace('own-imports.test.ts', 'main.ts')

describe('an import', () => {
  test.each(['./command-line.ts', '../platform.ts', '../api/kinds/core/pod.ts'])(
    'of %s by one of our files means what it means to Node',
    (specifier) => {
      expect(ownFile(specifier, here)).toBe(new URL(specifier, here).href)
    },
  )

  test.each([
    ['a package', 'yaml', here],
    ['part of Node', 'node:fs', here],
    ['data', '../version.json', here],
    ['a file that is none of ours', '../../scripts/build.ts', here],
    ['anything by a file that is none of ours', './pod.ts', 'file:///elsewhere/main.ts'],
    ['the program itself', './main.ts', undefined],
  ])('of %s is left to Node', (_what, specifier, parent) => {
    expect(ownFile(specifier, parent)).toBeUndefined()
  })
})
