import { afterAll, describe, expect, test } from 'vitest'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import { verbsOf } from './kinds.ts'
import { ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
afterAll(() => api[Symbol.asyncDispose]())

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

describe('discovery, document by document', () => {
  test('/api names the version of the core group', async () => {
    const { json } = await api.get('/api')
    expect(json).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    expect(json.serverAddressByClientCIDRs).toHaveLength(1)
  })

  test('each group has a preferred version, which is one of its versions, and is found by its name', async () => {
    const { groups, kind } = (await api.get('/apis')).json
    expect(kind).toBe('APIGroupList')
    for (const group of groups) {
      expect(group.versions).toContainEqual(group.preferredVersion)
      const { json } = await api.get(`/apis/${group.name}`)
      expect(json).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...group })
    }
  })

  test('each version of each group lists its resources', async () => {
    const { groups } = (await api.get('/apis')).json
    const versions = groups.flatMap(({ versions: all }: Wire) => all.map(({ groupVersion }: Wire) => groupVersion))
    for (const groupVersion of versions) {
      const { json } = await api.get(`/apis/${groupVersion}`)
      expect(json).toMatchObject({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion })
      const names = json.resources.map(({ name }: Wire) => name)
      expect(names.length).toBeGreaterThan(0)
      expect(new Set(names).size).toBe(names.length)
      for (const { kind, verbs } of json.resources) expect([kind, verbs.length > 0]).toEqual([expect.any(String), true])
    }
  })

  test.each([
    ['/api/v1', 'pods', { shortNames: ['po'], categories: ['all'], singularName: 'pod' }],
    ['/api/v1', 'pods/eviction', { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }],
    ['/api/v1', 'serviceaccounts/token', { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }],
    ['/api/v1', 'namespaces/finalize', { kind: 'Namespace', namespaced: false, verbs: ['update'] }],
    ['/apis/apps/v1', 'deployments/scale', { group: 'autoscaling', version: 'v1', kind: 'Scale', namespaced: true }],
    ['/apis/apps/v1', 'deployments', { shortNames: ['deploy'], categories: ['all'] }],
    ['/apis/certificates.k8s.io/v1', 'certificatesigningrequests/approval', { verbs: ['get', 'patch', 'update'] }],
  ])('%s: %s', async (path, name, entry) => {
    const { json } = await api.get(path)
    expect(json.resources.find((one: Wire) => one.name === name)).toMatchObject(entry)
  })
})

describe('discovery in one document', () => {
  test.each(['/api', '/apis'])('%s tells what the single documents tell', async (path) => {
    const { json, headers } = await api.get(path, { accept: AGGREGATED })
    expect(headers['content-type']).toBe(AGGREGATED)
    expect(json).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
    for (const { metadata, versions } of json.items) {
      for (const { version, freshness, resources } of versions) {
        expect(freshness).toBe('Current')
        const { json: plain } = await api.get(path === '/api' ? `/api/${version}` : `/apis/${metadata.name}/${version}`)
        const told = resources.flatMap((one: Wire) => [
          [one.resource, one.verbs, one.responseKind.kind, one.scope === 'Namespaced', one.singularResource],
          ...(one.subresources ?? []).map((sub: Wire) => [
            `${one.resource}/${sub.subresource}`,
            sub.verbs,
            sub.responseKind.kind,
            one.scope === 'Namespaced',
            '',
          ]),
        ])
        expect(told).toEqual(
          plain.resources.map((one: Wire) => [one.name, one.verbs, one.kind, one.namespaced, one.singularName]),
        )
      }
    }
  })

  test('every built-in kind is there, with its verbs', async () => {
    const items = (
      await Promise.all(['/api', '/apis'].map(async (path) => (await api.get(path, { accept: AGGREGATED })).json.items))
    ).flat()
    for (const kind of builtinKinds()) {
      const group = items.find(({ metadata = {} }: Wire) => (metadata.name ?? '') === kind.group)
      const version = group.versions.find((one: Wire) => one.version === kind.version)
      const entry = version.resources.find((one: Wire) => one.resource === kind.plural)
      expect(entry.verbs.toSorted()).toEqual(verbsOf(kind).toSorted())
    }
  })

  test('clients that have it already are not sent it again', async () => {
    const { headers } = await api.get('/apis', { accept: AGGREGATED })
    const again = await api.get('/apis', { accept: AGGREGATED, headers: { 'if-none-match': headers.etag ?? '' } })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('an older client gets the older form, an oldest the list of groups', async () => {
    const older = AGGREGATED.replace('v=v2', 'v=v2beta1')
    expect((await api.get('/apis', { accept: `${older},application/json` })).json.apiVersion).toBe(
      'apidiscovery.k8s.io/v2beta1',
    )
    expect((await api.get('/apis', { accept: 'application/json' })).json.kind).toBe('APIGroupList')
  })
})
