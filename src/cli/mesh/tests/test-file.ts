import { dirname, isAbsolute, join } from 'node:path'
import type { ApiObject } from '../../../api/object.ts'
import type { YamlDocument } from '../../../api/yaml.ts'
import type { Claims } from '../../../mesh/route/request.ts'
import { readManifests } from '../../up/manifests.ts'
import { type AskedRequest, askedRequest } from '../asked-request.ts'
import { type MeshModel, modelOfFiles } from '../mesh-model.ts'
import { type Expectation, readExpectation } from './expectation.ts'
import { Fields, wrong } from './fields.ts'

/** Tests of one document, and the mesh that they are about. */
export interface MeshTests {
  readonly model: MeshModel
  readonly tests: readonly MeshTest[]
}

export interface MeshTest {
  readonly name: string
  readonly line: number
  readonly from: string
  readonly requests: readonly AskedRequest[]
  readonly expect: Expectation
}

const FILE_FIELDS = ['config', 'namespace', 'strict', 'workloads', 'tests']
const TEST_FIELDS = ['name', 'from', 'request', 'requests', 'expect']
const REQUEST_FIELDS = ['url', 'method', 'headers', 'tls', 'sni', 'claims', 'ip']
const WORKLOAD_FIELDS = ['name', 'namespace', 'labels', 'serviceAccount', 'sidecar']

/** `configs` of the command line take the place of those that the file names. */
export function readMeshTests(
  document: YamlDocument,
  { file, configs }: { readonly file: string; readonly configs: readonly string[] },
): MeshTests {
  const fields = new Fields(document.value, `${file}:${document.line}`, FILE_FIELDS)
  const named = fields.texts('config').map((path) => (isAbsolute(path) ? path : join(dirname(file), path)))
  const namespace = fields.text('namespace') ?? 'default'
  const paths = configs.length > 0 ? configs : named
  if (paths.length === 0) throw wrong(`${file}:${document.line}`, '"config" names no files, and -f none either')
  const lineOf = (path: readonly (string | number)[]): string => `${file}:${document.lineOf(path)}`
  const workloads = fields
    .list('workloads')
    .map((value, index) => workloadManifest(value, lineOf(['workloads', index]), namespace))
  const manifests = [
    ...readManifests(paths),
    ...workloads.map((object) => ({ file, line: document.line, object, duplicates: [], lineOf: document.lineOf })),
  ]
  return {
    model: modelOfFiles(manifests, { namespace, assumes: fields.flag('strict') !== true }),
    tests: fields.list('tests').map((value, index) => {
      const path = ['tests', index]
      return { ...readTest(value, lineOf(path)), line: document.lineOf(path) }
    }),
  }
}

function readTest(value: unknown, where: string): Omit<MeshTest, 'line'> {
  const fields = new Fields(value, where, TEST_FIELDS)
  const name = fields.required('name')
  const written = [...fields.list('request'), ...fields.list('requests')]
  if (written.length === 0) throw wrong(where, `test "${name}" has no request`)
  return {
    name,
    from: fields.text('from') ?? 'ingress',
    requests: written.map((request) => readRequest(request, where)),
    expect: readExpectation(fields.raw('expect'), where),
  }
}

const REQUEST_LINE = /^(?:([A-Z]+)\s+)?(\S+)$/

/** `GET http://cart.shop/items`, or its parts. */
function readRequest(value: unknown, where: string): AskedRequest {
  if (typeof value === 'string') {
    const [, method, url = ''] = REQUEST_LINE.exec(value) ?? []
    if (url === '') throw wrong(where, `"${value}" is no request such as "GET http://cart.shop/items"`)
    return askedRequest(url, { method, header: [], tls: undefined, sni: undefined, claim: [], ip: undefined })
  }
  const fields = new Fields(value, where, REQUEST_FIELDS)
  const header = Object.entries(fields.map('headers')).map(([name, text]) => `${name}: ${text}`)
  const { method, tls, sni } = { method: fields.text('method'), tls: fields.text('tls'), sni: fields.text('sni') }
  const asked = askedRequest(fields.required('url'), { method, header, tls, sni, claim: [], ip: fields.text('ip') })
  return fields.has('claims') ? { ...asked, claims: fields.raw('claims') as Claims } : asked
}

/** A Deployment as it would be in a file of its own. */
function workloadManifest(value: unknown, where: string, home: string): ApiObject {
  const fields = new Fields(value, where, WORKLOAD_FIELDS)
  const name = fields.required('name')
  const namespace = fields.text('namespace') ?? home
  const labels = fields.has('labels') ? fields.map('labels') : { app: name }
  const sidecar = fields.flag('sidecar')
  const annotations = sidecar === undefined ? {} : { 'sidecar.istio.io/inject': String(sidecar) }
  const spec = { serviceAccountName: fields.text('serviceAccount') ?? name, containers: [] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 1, template: { metadata: { labels, annotations }, spec } },
  } as ApiObject
}
