import { expect, test } from 'vitest'
import { isPathTemplate, pathTemplate } from './path-template.ts'

test.each([
  ['/tea/{*}', '/tea/green', true],
  ['/tea/{*}', '/tea/', false],
  ['/tea/{*}', '/tea/green/leaf', false],
  ['/tea/{**}', '/tea/', true],
  ['/tea/{**}', '/tea', false],
  ['/tea/{**}', '/tea/green/leaf', true],
  ['/{*}/of/{**}/leaf', '/cup/of/green/tea/leaf', true],
  ['/{**}/leaf', '/leaf', false],
  ['/{**}/leaf', '//leaf', true],
  ['/tea/{*}/', '/tea/green/', true],
  ['/te.a/{*}', '/texa/green', false],
  ['/tea/{*}', '/tea/a*b', false],
  ['/tea(1)/{*}', '/tea(1)/x', true],
])('%s on %s is %s', (template, path, expected) => {
  expect(pathTemplate(template)?.(path)).toBe(expected)
})

test.each(['/tea/{*}x', '/tea/{**}/{*}', '/{**}/{**}', '/tea//{*}', 'tea/{*}', '/{name}/{*}', '/a*/{*}'])(
  '%s is no template that Envoy takes',
  (template) => {
    expect(isPathTemplate(template)).toBe(true)
    expect(pathTemplate(template)).toBeUndefined()
  },
)

test('a path of a hundred thousand segments is looked at in linear time', () => {
  const path = `/a${'/b'.repeat(100_000)}`
  expect(pathTemplate('/{**}/b/c')?.(path)).toBe(false)
})
