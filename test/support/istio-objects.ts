import fc from 'fast-check'
import type { Kind } from '../../src/api/kind.ts'
import { kindsOf } from '../../src/api/kinds/apiextensions/custom-kind.ts'
import { unpackCrds } from '../../src/api/kinds/crd-bundle.ts'
import { istioCrds } from '../../src/api/kinds/istio/crds.ts'
import { MESH_CONFIG_SCHEMA } from '../../src/api/kinds/istio/validation/mesh-config-schema.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { type Texts, valueOf } from './objects-of-schema.ts'

const NAMESPACES = ['default', 'istio-system', 'shop'] as const
const NAMES = ['a', 'b', 'gateway'] as const

/** What fields of these names mostly hold; what no field should hold is in `ODD`. */
const TEXTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^(hosts?|sniHosts|authority)$/,
    ['reviews', 'reviews.shop', 'shop.example.com', '*.example.com', '*', '*/*', './*'],
  ],
  [/^gateways?$/, ['mesh', 'gateway', 'default/gateway', './a', 'a.shop']],
  [/^address(es)?$/, ['10.0.0.1', '2001:db8::1', 'unix:///var/x', 'shop.example.com', '10.0.0.0/8']],
  [/[sS]ubnets?$|Blocks$/, ['10.0.0.0/8', '10.0.0.1', '::/0']],
  [/^(exportTo|namespace|sourceNamespace)$/, ['.', '*', '~', 'shop', 'default']],
  [/^name$/, ['a', 'b', 'gateway', 'http', 'x-user', 'v1']],
  [/^protocol$/, ['HTTP', 'HTTPS', 'TLS', 'TCP', 'GRPC', 'http2', 'MONGO']],
  [/^subset$/, ['a', 'b', 'v1']],
  [/[lL]abels?( key)?$/, ['app', 'version', 'web', 'v1']],
  [
    /[hH]eaders( key)?$|^(set|add)( key)?$/,
    ['x-user', ':path', ':authority', 'host', '@request.auth.claims.role', 'X-A'],
  ],
  [/^(regex|exact|prefix|match|rewrite|uri|path)$/, ['/', '/a', 'a.*', '(', '[', '\\1', '{*}', '/{**}', '%zz']],
  [/^(paths|notPaths)$/, ['/a/*', '*/a', '/{*}/a', '/{**}']],
  [/orts?( key)?$|Mtls key$/, ['80', '443', '8080']],
  [/^(from|to|to key)$/, ['region1', 'region1/zone1', 'region2/*', '*']],
  [/^expression$/, ['response.code >= 400', ')', 'response.flags["a"', 'x.y.z', 'has(request.headers)']],
  [/^providers$/, ['prometheus', 'envoy', 'a']],
  [/^retryOn$/, ['5xx', '503,reset', 'retriable-headers']],
  [/^jwks$/, ['{"keys":[]}', '{"keys":[{"kty":"RSA","e":"AQAB","n":"AQAB"}]}', '{']],
  [
    /^(key|principals|notPrincipals)$/,
    ['request.headers[x]', 'source.ip', 'request.auth.claims[a][b]', '*', 'cluster.local/*'],
  ],
]
const DURATIONS = ['1ms', '1s', '2.5s', '1h', '0s', '1m30s']
const ODD = [
  '',
  'a',
  '*',
  '/',
  '__proto__',
  'constructor',
  'toString',
  'é',
  '%',
  '(?<',
  '99999999999',
  '-1',
  '0x',
  '.',
  '\n',
]

const texts: Texts = (field, schema) => {
  const isDuration =
    schema['x-kubernetes-validations']?.some(({ rule }) => rule.startsWith('duration(self)')) === true ||
    /(imeout|Time|nterval|Duration|backoff)$/.test(field)
  const usual = isDuration ? DURATIONS : TEXTS.find(([pattern]) => pattern.test(field))?.[1]
  const odd = fc.constantFrom(...ODD)
  return usual === undefined ? odd : fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 5 }, odd)
}

/** The served kinds of Istio, each in its stored version. */
export function istioKinds(): readonly Kind[] {
  const seen = new Set<string>()
  return unpackCrds(istioCrds)
    .flatMap(kindsOf)
    .filter(({ kind }) => kind !== 'IstioOperator' && !seen.has(kind) && seen.add(kind))
}

/** Objects of a kind that the schema and the rules of its definition accept, however little sense they make. */
export function istioObject(kind: Kind): fc.Arbitrary<ApiObject> {
  const spec = kind.schema().properties?.['spec'] ?? {}
  return fc
    .record({ name: fc.constantFrom(...NAMES), namespace: fc.constantFrom(...NAMESPACES), spec: valueOf(spec, texts) })
    .map(({ name, namespace, spec: drawn }) => {
      const object = {
        apiVersion: `${kind.group}/${kind.version}`,
        kind: kind.kind,
        metadata: { name, namespace, creationTimestamp: '2026-01-01T00:00:00Z' },
        spec: drawn,
      }
      return kind.default?.(object) ?? object
    })
}

export function isAccepted(kind: Kind, object: ApiObject): boolean {
  for (const _cause of kind.validate?.(object) ?? []) return false
  return true
}

/**
 * Any object of any kind. Most that are drawn have nothing to do with what runs; half of them are turned to it: to the
 * service `reviews` of the namespace `shop`, to `*.example.com`, and to the gateway `default/gateway` of pods `app: web`.
 */
export function anyMeshObject(): fc.Arbitrary<ApiObject> {
  const kinds = istioKinds()
  const drawn = fc
    .constantFrom(...kinds)
    .chain((kind) => istioObject(kind).filter((object) => isAccepted(kind, object)))
  return fc.tuple(drawn, fc.boolean()).map(([object, isAimed]) => (isAimed ? aimed(object) : object))
}

/** By kind: what an object says of whom it is for. */
const AIMS: Readonly<Record<string, object>> = {
  AuthorizationPolicy: { selector: undefined, targetRef: undefined, targetRefs: undefined },
  DestinationRule: { host: 'reviews', workloadSelector: undefined, exportTo: undefined },
  Gateway: { selector: { app: 'web' } },
  PeerAuthentication: { selector: undefined },
  RequestAuthentication: { selector: undefined, targetRef: undefined, targetRefs: undefined },
  ServiceEntry: { hosts: ['shop.example.com'], exportTo: undefined },
  Sidecar: { workloadSelector: undefined },
  Telemetry: { selector: undefined, targetRef: undefined, targetRefs: undefined },
  VirtualService: { hosts: ['reviews', '*.example.com'], gateways: ['mesh', 'default/gateway'], exportTo: undefined },
}

function aimed(object: ApiObject): ApiObject {
  const isGateway = object.kind === 'Gateway'
  const home = isGateway ? { name: 'gateway', namespace: 'default' } : { namespace: 'shop' }
  const { spec = {} } = object as { readonly spec?: { readonly servers?: readonly object[] } }
  const servers = spec.servers?.map((server, index) => ({
    ...server,
    hosts: ['*/*'],
    port: { number: 80 + index, protocol: 'HTTP', name: `http-${index}` },
  }))
  return {
    ...object,
    metadata: { ...object.metadata, ...home },
    spec: { ...spec, ...AIMS[object.kind], ...(isGateway && { servers }) },
  } as ApiObject
}

/** Fields of the mesh's configuration with which traffic has nothing to do. */
const APART = [
  'proxyListenPort',
  'protocolDetectionTimeout',
  'serviceSettings',
  'meshMTLS',
  'defaultInboundHttpRetryPolicy',
]

/** What may stand in the ConfigMap `istio` as far as its shape goes, as text. */
export function meshConfigText(): fc.Arbitrary<string> {
  const fields = Object.entries(MESH_CONFIG_SCHEMA.properties ?? {}).filter(([field]) => !APART.includes(field))
  const schema = { ...MESH_CONFIG_SCHEMA, properties: Object.fromEntries(fields) }
  return valueOf(schema, texts).map((config) => JSON.stringify(config))
}
