import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizedPath, normalizedTarget, type PathNormalization } from './normalize-path.ts'

describe('BASE, which is the default', () => {
  test.each([
    ['/tea', '/tea'],
    ['/tea/./green', '/tea/green'],
    ['/tea/../coffee', '/coffee'],
    ['/../../coffee', '/coffee'],
    ['/tea/..', '/'],
    ['/tea/.', '/tea/'],
    ['/tea//../coffee', '/tea/coffee'],
    ['/tea/%2e%2E/coffee', '/coffee'],
    ['/tea\\coffee', '/tea/coffee'],
    ['/%61%2D%7e', '/a-~'],
    ['/a%2fb%5Cc', '/a%2fb%5Cc'],
    ['/a b"c', '/a%20b%22c'],
    ['/%zz%', '/%zz%'],
    ['/...', '/...'],
    ['/.tea', '/.tea'],
  ])('%s becomes %s', (path, expected) => {
    expect(normalizedPath(path, 'BASE')).toBe(expected)
    expect(normalizedPath(path, 'DEFAULT')).toBe(expected)
  })

  test.each(['/a%00', '/a\0', '/.%00./b', '/%%00'])('a null byte is refused: %j', (path) => {
    expect(normalizedPath(path, 'BASE')).toBeUndefined()
  })
})

test('slashes are merged on demand, also those that were escaped where escapes of slashes are undone', () => {
  expect(normalizedPath('//a///b//', 'MERGE_SLASHES')).toBe('/a/b/')
  expect(normalizedPath('/a%2f%5Cb', 'MERGE_SLASHES')).toBe('/a%2f%5Cb')
  expect(normalizedPath('/a%2f%5Cb/%2e%2e%2Fc', 'DECODE_AND_MERGE_SLASHES')).toBe('/a/c')
})

test('the query stays as it is, and a fragment never goes further', () => {
  expect(normalizedTarget('/a/../b?x=/../%61//y', 'MERGE_SLASHES')).toBe('/b?x=/../%61//y')
  expect(normalizedTarget('/a/../b?x#y', 'NONE')).toBe('/a/../b?x')
  expect(normalizedTarget('/a%00?x', 'BASE')).toBeUndefined()
})

const MODES: readonly PathNormalization[] = ['BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']
const piece = fc.constantFrom(
  '/',
  '//',
  '\\',
  '.',
  '..',
  'a',
  'B',
  '%2e',
  '%2F',
  '%5c',
  '%41',
  '%7F',
  ' ',
  '"',
  'é',
  ';',
)

test('what has been normalized has no dots to resolve and only ASCII, and stays as it is', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.constantFrom(...MODES), (pieces, mode) => {
      const path = normalizedPath(`/${pieces.join('')}`, mode) ?? ''
      expect(path).toMatch(/^\/[!-~]*$/)
      expect(path.split('/')).not.toContain('..')
      expect(path.split('/')).not.toContain('.')
      // The next proxy sees the same path.
      expect(normalizedPath(path, mode)).toBe(path)
    }),
  )
})
