import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAccepted, istioKinds, istioObject } from '../../../../../test/support/istio-objects.ts'
import type { ApiObject, ObjectMeta } from '../../../object.ts'
import { asRead } from './read-spec.ts'
import { validateIstioObject } from './validate-object.ts'

function policy(annotations: ObjectMeta['annotations'] = {}, spec: object = {}): ApiObject {
  const metadata = { name: 'a', namespace: 'shop', annotations }
  return { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec } as ApiObject
}

test('an object of no kind of Istio has no verdict', () => {
  const metadata = { name: 'a' }
  expect(validateIstioObject({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata })).toBeUndefined()
  expect(validateIstioObject({ apiVersion: 'networking.istio.io/v1', kind: 'Teapot', metadata })).toBeUndefined()
})

describe('annotations end the matter', () => {
  test.each([
    [
      { 'internal.istio.io/webhook-always-reject': '' },
      '"internal.istio.io/webhook-always-reject" annotation found, rejecting',
    ],
    [
      { 'internal.istio.io/parents': 'x' },
      '"internal.istio.io/parents" annotation found, this may not be set by users',
    ],
    [
      { 'istio.io/dry-run': 'maybe' },
      'shop/a has annotation istio.io/dry-run with invalid value (maybe): strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
  ])('%j', (annotations, error) => {
    expect(validateIstioObject(policy(annotations))).toEqual({ error, warnings: [] })
  })

  test('a dry run is for policies that allow or deny', () => {
    expect(validateIstioObject(policy({ 'istio.io/dry-run': 'true' }))?.error).toBeUndefined()
    expect(validateIstioObject(policy({ 'istio.io/dry-run': 'true' }, { action: 'AUDIT' }))?.error).toBe(
      'the annotation istio.io/dry-run currently only supports action ALLOW/DENY, found action AUDIT in shop/a',
    )
  })
})

test('whatever a schema lets be has a verdict', () => {
  const kinds = istioKinds()
  const object = fc.constantFrom(...kinds).chain((kind) => istioObject(kind).filter((drawn) => isAccepted(kind, drawn)))
  const property = fc.property(object, (drawn) => {
    expect(validateIstioObject(asRead(drawn))?.warnings).toBeInstanceOf(Array)
  })
  fc.assert(property, { numRuns: 500 })
})
