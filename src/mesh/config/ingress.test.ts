import { describe, expect, test } from 'vitest'
import { fromIngresses, type IngressContext } from './ingress.ts'
import { DEFAULT_MESH, type MeshConfig } from './mesh-config.ts'
import type { Ingress, IngressPath } from './types/ingress.ts'

const API = 'networking.k8s.io/v1'
const classes = ['istio.io/ingress-controller', 'k8s.io/nginx'].map((controller, index) => ({
  apiVersion: API,
  kind: 'IngressClass',
  metadata: { name: index === 0 ? 'mesh' : 'nginx' },
  spec: { controller },
}))

function contextOf(mesh: Partial<MeshConfig>): IngressContext {
  return {
    mesh: { ...DEFAULT_MESH, ...mesh },
    classOf: (name) => classes.find(({ metadata }) => metadata.name === name),
    portOf: ({ port }) => (port === 'http' ? 80 : undefined),
  }
}

const backend = { service: { name: 'web', port: { number: 80 } } }

function ingress(spec: Ingress['spec'] = {}, annotation?: string): Ingress {
  const annotations = annotation === undefined ? {} : { 'kubernetes.io/ingress.class': annotation }
  const rules = [{ host: 'shop.com', http: { paths: [{ path: '/', pathType: 'Prefix' as const, backend }] } }]
  return {
    apiVersion: API,
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'shop', annotations },
    spec: { rules, ...spec },
  }
}

describe('an Ingress is served by the mesh', () => {
  test.each<[string, Ingress, Partial<MeshConfig>, boolean]>([
    ['with its annotation', ingress({}, 'istio'), {}, true],
    ['with the annotation that the mesh asks for', ingress({}, 'edge'), { ingressClass: 'edge' }, true],
    ["with another's annotation", ingress({}, 'nginx'), {}, false],
    ['with a class of its controller', ingress({ ingressClassName: 'mesh' }), {}, true],
    ["with a class of another's controller", ingress({ ingressClassName: 'nginx' }), {}, false],
    ['with a class that there is not', ingress({ ingressClassName: 'istio' }), {}, false],
    ['of no class', ingress(), {}, false],
    ['of no class, where the mesh serves by default', ingress(), { ingressControllerMode: 'DEFAULT' }, true],
    ['where it serves none', ingress({}, 'istio'), { ingressControllerMode: 'OFF' }, false],
  ])('%s', (_what, object, mesh, isServed) => {
    expect(fromIngresses([object], contextOf(mesh)).gateways).toHaveLength(isServed ? 1 : 0)
  })
})

function pathsOf(...paths: IngressPath[]): unknown {
  const object = ingress({ rules: [{ host: 'shop.com', http: { paths } }] }, 'istio')
  const [service] = fromIngresses([object], contextOf({})).virtualServices
  return service?.spec?.http?.map(({ match }) => match?.map(({ uri }) => uri))
}

describe('paths', () => {
  test('come by their length, exact ones before prefixes', () => {
    const paths = pathsOf(
      { path: '/', pathType: 'Prefix', backend },
      { path: '/tea', pathType: 'Prefix', backend },
      { path: '/tea', pathType: 'Exact', backend },
    )
    expect(paths).toEqual([[{ exact: '/tea' }], [{ exact: '/tea' }, { prefix: '/tea/' }], [{ prefix: '/' }]])
  })

  test.each([
    ['/tea/*', [{ exact: '/tea' }, { prefix: '/tea/' }]],
    ['/tea.*', [{ exact: '/tea' }, { prefix: '/tea/' }]],
    ['/tea', [{ exact: '/tea' }]],
    ['/', [{ exact: '/' }]],
    ['/*', undefined],
    ['', undefined],
  ])('of no type of Kubernetes: %s', (path, match) => {
    expect(pathsOf({ path, pathType: 'ImplementationSpecific', backend })).toEqual([match])
  })

  test('to a port that a Service does not name go nowhere', () => {
    const named = (name: string) => ({ service: { name: 'web', port: { name } } })
    expect(pathsOf({ path: '/', pathType: 'Exact', backend: named('http') })).toHaveLength(1)
    expect(pathsOf({ path: '/', pathType: 'Exact', backend: named('grpc') })).toHaveLength(0)
  })
})

describe('the gateway of an Ingress', () => {
  test('ends TLS where a Secret is named', () => {
    const tls = [{ hosts: ['shop.com'], secretName: 'cert' }, { hosts: ['b.com'] }, { secretName: 'any' }]
    const [gateway] = fromIngresses([ingress({ tls }, 'istio')], contextOf({})).gateways
    expect(gateway?.spec?.servers?.map(({ hosts, tls: used }) => [hosts, used?.credentialName])).toEqual([
      [['shop.com'], 'cert'],
      [['*'], 'any'],
      [['*'], undefined],
    ])
  })

  test.each<[Partial<MeshConfig>, string]>([
    [{}, 'ingressgateway'],
    [{ ingressService: 'istio-ingressgateway' }, 'ingressgateway'],
    [{ ingressService: 'edge' }, 'edge'],
    [{ ingressService: 'edge', ingressSelector: 'rim' }, 'rim'],
  ])('is chosen by %j: %s', (mesh, istio) => {
    const [gateway] = fromIngresses([ingress({}, 'istio')], contextOf(mesh)).gateways
    expect(gateway?.spec?.selector).toEqual({ istio })
  })
})
