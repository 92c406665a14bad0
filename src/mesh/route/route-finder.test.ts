import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HttpMatch } from '../config/types/virtual-service.ts'
import { type CompiledRoute, defaultRoute } from './compiled-route.ts'
import { requestMatch } from './request-match.ts'
import { routeFinder } from './route-finder.ts'

const path = fc.stringMatching(/^\/[ab]{0,3}$/)
const match: fc.Arbitrary<HttpMatch> = fc.oneof(
  path.map((exact) => ({ uri: { exact } })),
  path.map((prefix) => ({ uri: { prefix } })),
  path.map((regex) => ({ uri: { regex: `${regex}.?` } })),
  path.map((prefix) => ({ uri: { prefix: prefix.toUpperCase() }, ignoreUriCase: true })),
  fc.constant({ method: { exact: 'POST' } }),
)

function routeOf(entry: HttpMatch, number: number): CompiledRoute {
  const { uri } = entry
  const indexedBy = entry.ignoreUriCase === true || uri === undefined ? {} : { indexedBy: uri }
  return { ...defaultRoute(`c${number}`, undefined), matches: requestMatch(entry), ...indexedBy }
}

test('an index finds what going through all routes finds', () => {
  fc.assert(
    fc.property(fc.array(match, { minLength: 17, maxLength: 40 }), path, (matches, called) => {
      const routes = matches.map(routeOf)
      const request = { method: 'GET', scheme: 'http', authority: 'shop', path: called }
      expect(routeFinder(routes)(request)).toBe(routes.find((route) => route.matches(request)))
    }),
  )
})
