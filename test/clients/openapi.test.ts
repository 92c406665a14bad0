import { describe, expect, test } from 'vitest'
import { VERBS, type Kind } from '../../src/api/kind.ts'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import { OpenApi } from '../../src/api/openapi/openapi.ts'
import { PROTOBUF_V2_TYPE } from '../../src/api/openapi/protobuf-v2.ts'
import { Scheme } from '../../src/api/scheme.ts'
import { aggregated } from '../../src/apiserver/discovery/discovery.ts'
import { StubServer, type StubAnswer, type StubRequest } from './stub-server.ts'

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

const VIRTUAL_SERVICE: Kind = {
  group: 'networking.istio.io',
  version: 'v1',
  kind: 'VirtualService',
  plural: 'virtualservices',
  singular: 'virtualservice',
  namespaced: true,
  custom: true,
  schema: () => ({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        description: 'Where requests go.',
        required: ['hosts'],
        properties: {
          hosts: { type: 'array', items: { type: 'string' } },
          port: { 'x-kubernetes-int-or-string': true },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  }),
}

const DESCRIPTIONS = {
  'io.k8s.api.apps.v1.Deployment': 'Keeps pods running.',
  'io.k8s.api.core.v1.PodSpec.containers': 'What runs in it.',
}

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: nginx
          ports: [{ containerPort: 80 }]
          resources: { limits: { cpu: 1, memory: 64Mi } }
          livenessProbe: { httpGet: { path: /, port: http } }
`

const ROUTE = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec: { hosts: [web], port: http, free: { what: ever } }
`

/** Before kubectl doubts a kind that it does not know it asks whether that is a custom one. */
const DEFINITIONS = {
  kind: 'CustomResourceDefinitionList',
  apiVersion: 'apiextensions.k8s.io/v1',
  items: [{ spec: { group: 'networking.istio.io', names: { kind: 'VirtualService' } } }],
}

function withoutPatch(kind: Kind): Kind {
  const verbs = (kind.verbs ?? VERBS).filter((verb) => verb !== 'patch')
  return { ...kind, verbs, subresources: [] }
}

/** Answers discovery and OpenAPI from `kinds`; there are no objects. */
function answerer(kinds: readonly Kind[], { v3 }: { v3: boolean }): (request: StubRequest) => StubAnswer | undefined {
  const scheme = new Scheme()
  for (const kind of kinds) scheme.add(kind)
  const openapi = new OpenApi(DESCRIPTIONS)
  return ({ path, accept }) => {
    if (path === '/api' || path === '/apis')
      return { type: DISCOVERY, body: aggregated(scheme, { root: path, version: 'v2', further: [] }) }
    if (path === '/apis/apiextensions.k8s.io/v1/customresourcedefinitions') return { body: DEFINITIONS }
    if (path === '/openapi/v2' && accept.includes('protobuf')) {
      return { type: PROTOBUF_V2_TYPE, body: openapi.documentV2(kinds, 'protobuf').bytes }
    }
    if (!v3) return undefined
    if (path === '/openapi/v3') return { body: openapi.indexV3(kinds).bytes }
    const document = openapi.documentV3(kinds, path.slice('/openapi/v3/'.length))
    return document === undefined ? undefined : { body: document.bytes }
  }
}

const KINDS = [...builtinKinds(), VIRTUAL_SERVICE]

describe.each(['1.34', '1.35'] as const)('kubectl %s', (version) => {
  describe.each([{ v3: true }, { v3: false }])('with OpenAPI 3: $v3', ({ v3 }) => {
    test('explains a field and all below it', async () => {
      await using server = await StubServer.start(answerer(KINDS, { v3 }))
      const explained = await server.kubectl(version, ['explain', 'pod.spec.containers', '--recursive'])
      expect(explained).toMatchObject({ code: 0, stderr: '' })
      expect(explained.stdout).toContain('What runs in it.')
      expect(explained.stdout).toMatch(/livenessProbe\t<\w+>\n +exec\t<\w+>\n +command\t<\[\]string>/)
      expect(explained.stdout.split('\n').length).toBeGreaterThan(150)
    })

    test('explains kinds: built-in, of an older version, and custom', async () => {
      await using server = await StubServer.start(answerer(KINDS, { v3 }))
      const deployment = await server.kubectl(version, ['explain', 'deployment'])
      expect(deployment).toMatchObject({ code: 0, stderr: '' })
      expect(deployment.stdout).toMatch(/KIND: +Deployment\n/)
      expect(deployment.stdout).toContain('Keeps pods running.')
      const older = await server.kubectl(version, ['explain', 'hpa.spec', '--api-version=autoscaling/v1'])
      expect(older.stdout).toMatch(/targetCPUUtilizationPercentage\t<integer>/)
      const custom = await server.kubectl(version, ['explain', 'virtualservice.spec'])
      expect(custom.stdout).toContain('Where requests go.')
      expect(custom.stdout).toMatch(/hosts\t<\[\]string> -required-/)
    })

    test('leaves validation to a server whose PATCH takes fieldValidation', async () => {
      await using server = await StubServer.start(answerer(KINDS, { v3 }))
      const apply = ['apply', '--dry-run=client', '--validate=true', '--output=name', '--filename=-']
      const wrong = DEPLOYMENT.replace('image:', 'imag:')
      const applied = await server.kubectl(version, apply, [DEPLOYMENT, wrong, ROUTE].join('\n---\n'))
      expect(applied).toMatchObject({ code: 0, stderr: '' })
      expect(applied.stdout.trim().split('\n')).toEqual([
        'deployment.apps/web',
        'deployment.apps/web',
        'virtualservice.networking.istio.io/web',
      ])
    })
  })

  test('validates by the document of OpenAPI 2 itself where the server would not', async () => {
    const kinds = KINDS.map(withoutPatch)
    await using server = await StubServer.start(answerer(kinds, { v3: false }))
    const apply = ['apply', '--dry-run=client', '--validate=true', '--output=name', '--filename=-']
    const right = await server.kubectl(version, apply, [DEPLOYMENT, ROUTE].join('\n---\n'))
    expect(right).toMatchObject({ code: 0, stderr: '' })
    const wrong = await server.kubectl(version, apply, DEPLOYMENT.replace('image:', 'imag:'))
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('unknown field "imag" in io.k8s.api.core.v1.Container')
    const missing = await server.kubectl(version, apply, ROUTE.replace('hosts: [web], ', ''))
    expect(missing.stderr).toContain('missing required field "hosts"')
  })
})
