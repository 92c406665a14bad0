import { describe, expect, test } from 'vitest'
import { compileServes } from './compile-serves.ts'
import type { ServesSection } from './serves-section.ts'
import { pathFor, planAnswer, type CompiledPath, type Failure } from './serving.ts'

function statusOf(section: ServesSection, path: string, method = 'GET'): number | readonly string[] {
  const found = pathFor(compileServes(section), { method, path })
  return 'allowed' in found ? found.allowed : found.status
}

describe('the path that answers', () => {
  test.each([
    { pathType: 'Exact', path: '/cart', asked: '/cart', fits: true },
    { pathType: 'Exact', path: '/cart', asked: '/cart/', fits: false },
    { pathType: 'Prefix', path: '/cart', asked: '/cart/1', fits: true },
    { pathType: 'Prefix', path: '/cart', asked: '/carts', fits: false },
    { pathType: 'Prefix', path: '/cart/', asked: '/cart', fits: true },
    { pathType: 'Prefix', path: '/', asked: '/anything', fits: true },
    { pathType: 'Glob', path: '/*/items/?', asked: '/shop/a/items/7', fits: true },
    { pathType: 'Glob', path: '/*/items/?', asked: '/shop/items/77', fits: false },
  ] as const)('$pathType $path for $asked: $fits', ({ pathType, path, asked, fits }) => {
    expect(statusOf({ paths: [{ path, pathType, status: 204 }] }, asked)).toEqual(fits ? 204 : [])
  })

  test('is the first that fits', () => {
    const paths = [
      { path: '/a', status: 201 },
      { path: '/a/b', status: 202 },
    ]
    expect(statusOf({ paths }, '/a/b')).toBe(201)
  })

  test('may differ by method; where none has it, those that there are', () => {
    const paths = [
      { path: '/a', methods: ['post'], status: 201 },
      { path: '/a', methods: ['GET'], status: 202 },
    ]
    expect(statusOf({ paths }, '/a', 'POST')).toBe(201)
    expect(statusOf({ paths }, '/a', 'GET')).toBe(202)
    expect(statusOf({ paths }, '/a', 'PUT')).toEqual(['POST', 'GET'])
  })

  test('is one for everything where no paths are given', () => {
    expect(statusOf({}, '/whatever', 'PATCH')).toBe(200)
  })
})

describe('what is drawn for a request', () => {
  const serving = compileServes({
    paths: [
      {
        latency: { fixed: '20ms' },
        errors: [
          { percent: 10, status: 503, body: 'busy' },
          { percent: 5, fault: 'Reset', from: '1m', until: '2m' },
        ],
        calls: [{ url: 'http://always' }, { url: 'http://half', percent: 50 }],
      },
    ],
  })
  const path = serving.paths[0] as CompiledPath

  test.each<[number, number, Failure | undefined]>([
    [0, 0.05, { status: 503, body: 'busy' }],
    [0, 0.12, undefined],
    [60_000, 0.12, { fault: 'Reset' }],
    [60_000, 0.16, undefined],
    [120_000, 0.12, undefined],
  ])('%i ms after the start, with %f', (elapsedMs, drawn, failure) => {
    const plan = planAnswer(path, elapsedMs, () => drawn)
    expect(plan.failure).toEqual(failure)
    expect(plan.latencyMs).toBe(20)
  })

  test('calls by their share, and none where an error was drawn', () => {
    const urls = (drawn: number): string[] => planAnswer(path, 0, () => drawn).calls.map(({ url }) => url)
    expect(urls(0.4)).toEqual(['http://always', 'http://half'])
    expect(urls(0.6)).toEqual(['http://always'])
    expect(urls(0.05)).toEqual([])
  })
})
