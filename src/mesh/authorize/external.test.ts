import { describe, expect, test } from 'vitest'
import type { ApiObject } from '../../api/object.ts'
import { DEFAULT_MESH } from '../config/mesh-config.ts'
import type { ExtensionProvider } from '../config/types/extension-provider.ts'
import { compile } from '../snapshot.ts'
import { authorize, authorizerOf, externalChecks } from './authorizer.ts'

const subject = { namespace: 'shop', labels: {} }
const connection = { sourceAddress: '10.0.0.1', destinationAddress: '10.0.0.2', destinationPort: 8080 }
const request = { method: 'GET', scheme: 'http', authority: 'cart', path: '/admin' }
const http: ExtensionProvider = {
  name: 'checker',
  envoyExtAuthzHttp: { service: 'check.shop.svc.cluster.local', port: 80 },
}
const grpc: ExtensionProvider = {
  name: 'grpc',
  envoyExtAuthzGrpc: { service: 'shop/check.shop.svc.cluster.local', port: 80 },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'check', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
} as ApiObject

function custom(name: string, provider: string, paths: readonly string[] = ['/admin']): ApiObject {
  const spec = { action: 'CUSTOM', provider: { name: provider }, rules: [{ to: [{ operation: { paths } }] }] }
  return { apiVersion: 'v1', kind: 'AuthorizationPolicy', metadata: { name, namespace: 'shop' }, spec } as ApiObject
}

function authorizer(
  policies: readonly ApiObject[],
  providers: readonly ExtensionProvider[],
  options: { readonly several?: boolean; readonly services?: readonly ApiObject[] } = {},
) {
  const { several = false, services = [service] } = options
  const mesh = { ...DEFAULT_MESH, extensionProviders: providers, multipleExternalProviders: several }
  return authorizerOf(compile([...policies, ...services], mesh), subject)
}

test('a CUSTOM policy asks its provider about what its rules are about, and decides nothing itself', () => {
  const asking = authorizer([custom('a', 'checker')], [http])
  const [check] = externalChecks(asking, connection, request)
  expect(check).toMatchObject({
    provider: { name: 'checker', cluster: 'outbound|80||check.shop.svc.cluster.local', failsOpen: false },
    place: { name: 'a', rule: 0 },
    refused: { details: 'ext_authz_denied' },
  })
  expect(externalChecks(asking, connection, { ...request, path: '/' })).toEqual([])
  expect(authorize(asking, connection, request).allowed).toBe(true)
})

test('bytes that are no HTTP are only asked about over gRPC', () => {
  expect(externalChecks(authorizer([custom('a', 'checker')], [http]), connection)).toEqual([])
  expect(externalChecks(authorizer([custom('a', 'grpc')], [grpc]), connection)).toHaveLength(1)
})

test('several providers for one workload refuse all, unless the mesh allows them: then each is asked, by name', () => {
  const policies = [custom('a', 'grpc'), custom('b', 'checker')]
  const refusing = externalChecks(authorizer(policies, [http, grpc]), connection, request)
  expect(refusing.map(({ provider }) => provider)).toEqual([undefined, undefined])
  const asking = externalChecks(authorizer(policies, [http, grpc], { several: true }), connection, request)
  expect(asking.map(({ provider }) => provider?.name)).toEqual(['checker', 'grpc'])
})

describe('a provider that cannot be asked refuses what its policies are about', () => {
  const of = (change: object): ExtensionProvider => ({
    name: 'checker',
    envoyExtAuthzHttp: { ...http.envoyExtAuthzHttp, ...change },
  })
  test.each<[string, readonly ExtensionProvider[], string]>([
    ['it is not defined', [], 'provider checker is not defined'],
    ['it is defined twice', [http, http], 'provider checker is defined more than once'],
    ['its port is none', [of({ port: 999_999 })], 'provider checker: port 999999 is not in the range [1, 65535]'],
    ['its service is not known', [of({ service: 'nowhere' })], 'provider checker: service nowhere is not known'],
    ['its service is elsewhere', [of({ service: 'pay/check.shop.svc.cluster.local' })], 'is not known'],
    ['its status is none', [of({ statusOnError: '999' })], 'statusOnError 999'],
    ['its path is none', [of({ pathPrefix: 'check' })], 'pathPrefix must begin with a slash'],
    ['a lone star names headers', [of({ headersToUpstreamOnAllow: ['*'] })], 'a star alone'],
  ])('%s', (_, providers, reason) => {
    const [check] = externalChecks(authorizer([custom('a', 'checker')], providers), connection, request)
    expect(check?.provider).toBeUndefined()
    expect(check?.refused.reason).toContain(reason)
    expect(check?.refused.details).toContain('deny-due-to-bad-CUSTOM-action')
  })

  test('it can be asked as soon as its service is there', () => {
    const missing = authorizer([custom('a', 'checker')], [http], { services: [] })
    expect(externalChecks(missing, connection, request)[0]?.provider).toBeUndefined()
  })
})
