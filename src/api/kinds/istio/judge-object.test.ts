import { expect, test } from 'vitest'
import type { ApiObject } from '../../object.ts'
import { istioJudge } from './judge-object.ts'

const judge = istioJudge()

function virtualService(spec: object): ApiObject {
  const metadata = { name: 'reviews' }
  return { apiVersion: 'networking.istio.io/v1beta1', kind: 'VirtualService', metadata, spec } as ApiObject
}

const route = [{ destination: { host: 'reviews' } }]

test('an object that is fine is fine', () => {
  expect(judge(virtualService({ hosts: ['reviews'], http: [{ route }] }))).toEqual({ errors: [], warnings: [] })
})

test('what the schema refuses is told by the path', () => {
  expect(judge(virtualService({ hosts: 'reviews', http: [{ route }] }))?.errors).toEqual([
    expect.stringContaining('VirtualService.networking.istio.io "reviews" is invalid: '),
  ])
})

test("what Istio refuses is told in Istio's words", () => {
  expect(judge(virtualService({ hosts: ['reviews'] }))?.errors).toEqual([
    'configuration is invalid: http, tcp or tls must be provided in virtual service',
  ])
})

test('fields that nobody knows are warned of, beside what Istio warns of', () => {
  const late = judge(virtualService({ hosts: ['reviews'], htpp: [], http: [{ route }, { route }] }))
  expect(late).toEqual({
    errors: [],
    warnings: ['unknown field "spec.htpp"', 'virtualService rule #1 not used (only the last rule can have no matches)'],
  })
})

test('of other kinds nothing is known', () => {
  expect(judge({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } })).toBeUndefined()
})
