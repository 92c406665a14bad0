import { expect, test } from 'vitest'
import { dnsSettingsIn, proxyMetadataOf } from './proxy-metadata.ts'
import type { ProxyConfig } from './types/proxy-config.ts'

function config(name: string, namespace: string, value: string, app?: string): ProxyConfig {
  const selector = app === undefined ? {} : { selector: { matchLabels: { app } } }
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'ProxyConfig',
    metadata: { name, namespace },
    spec: { ...selector, environmentVariables: { WHO: value, [name]: 'yes' } },
  } as ProxyConfig
}

const cart = { namespace: 'shop', labels: { app: 'cart' }, annotations: undefined }
const annotated = { ...cart, annotations: { 'proxy.istio.io/config': 'proxyMetadata: { WHO: pod }' } }
const forAll = config('root', 'istio-system', 'all')
const forShop = config('shop', 'shop', 'shop')
const forCart = config('cart', 'shop', 'cart', 'cart')

test.each([
  ['the mesh', cart, [], 'mesh'],
  ['a ProxyConfig for all', cart, [forAll], 'all'],
  ['one of the namespace', cart, [forAll, forShop], 'shop'],
  ['the pod itself', annotated, [forAll, forShop], 'pod'],
  ['one that selects the pod', annotated, [forAll, forShop, forCart], 'cart'],
  ['none that selects another', cart, [config('pay', 'shop', 'pay', 'pay')], 'mesh'],
  ['none of another namespace', cart, [config('other', 'back', 'other')], 'mesh'],
])('what a proxy is told is said by %s', (_, subject, proxyConfigs, expected) => {
  const sources = { proxyMetadata: { WHO: 'mesh', MESH: 'yes' }, rootNamespace: 'istio-system', proxyConfigs }
  expect(proxyMetadataOf(subject, sources)).toMatchObject({ WHO: expected, MESH: 'yes' })
})

test('names that only one says are all there', () => {
  const sources = { rootNamespace: 'istio-system', proxyConfigs: [forCart, forAll, forShop] }
  expect(proxyMetadataOf(cart, sources)).toEqual({ WHO: 'cart', root: 'yes', shop: 'yes', cart: 'yes' })
})

test('where nobody says anything nothing is made for each workload', () => {
  const proxyMetadata = { WHO: 'mesh' }
  expect(proxyMetadataOf(cart, { proxyMetadata, rootNamespace: 'istio-system' })).toBe(proxyMetadata)
  expect(proxyMetadataOf(cart, { rootNamespace: 'istio-system' })).toBeUndefined()
})

test('names are resolved by a proxy that is told so', () => {
  expect(dnsSettingsIn({ ISTIO_META_DNS_CAPTURE: 'true', ISTIO_META_DNS_AUTO_ALLOCATE: 'True' })).toEqual({
    dnsCapture: true,
    dnsAutoAllocate: true,
  })
  expect(dnsSettingsIn({ ISTIO_META_DNS_CAPTURE: 'yes' })).toEqual({})
  expect(dnsSettingsIn(undefined)).toEqual({})
})
