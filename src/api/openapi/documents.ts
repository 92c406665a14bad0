import { META } from '../schema/builtin-groups.ts'
import type { Kind } from '../kind.ts'
import { VERSION_INFO } from './builtin-definition.ts'
import type { Definitions } from './definitions.ts'
import { listDefinitionOf, rootDefinitionOf } from './definition-names.ts'
import { groupVersionPath, operationId, tagOf } from './operation-names.ts'
import { operationsOf, type Operation } from './operations.ts'
import { publishPaths } from './paths.ts'

const INFO = { title: 'Kubernetes', version: 'unversioned' }
const DOCUMENT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/**
 * Which documents `/openapi/v3` lists, by their keys, and which kinds each is about: `api/v1` and `apis/apps/v1` about
 * the kinds of that group and version, `apis/apps` and its like about none, only about discovery.
 */
export function documentKeys(kinds: readonly Kind[]): ReadonlyMap<string, readonly Kind[]> {
  const keys = new Map<string, Kind[]>([
    ['api', []],
    ['apis', []],
    ['version', []],
  ])
  for (const kind of kinds) {
    if (kind.group !== '') keys.set(`apis/${kind.group}`, [])
    const key = groupVersionPath(kind).slice(1, -1)
    const known = keys.get(key)
    if (known === undefined) keys.set(key, [kind])
    else known.push(kind)
  }
  return new Map([...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** One document of OpenAPI 3. `kinds` are those that it is about, `all` those that the server has. */
export function documentV3(
  key: string,
  at: { kinds: readonly Kind[]; all: readonly Kind[]; definitions: Definitions },
): object {
  const operations = operationsAt(key, at.kinds)
  const roots = [...definitionsOf(operations), ...at.kinds.flatMap(definitionsOfKind)]
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: publishPaths(operations, 3),
    components: {
      schemas: at.definitions.reachable(roots, at.all),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          in: 'header',
          name: 'authorization',
          description: 'Bearer Token authentication',
        },
      },
    },
  }
}

/** The one document of OpenAPI 2. */
export function documentV2(all: readonly Kind[], definitions: Definitions): object {
  const operations = [...documentKeys(all)].flatMap(([key, kinds]) => operationsAt(key, kinds))
  const roots = [...definitionsOf(operations), ...all.flatMap(definitionsOfKind)]
  return {
    swagger: '2.0',
    info: INFO,
    paths: publishPaths(operations, 2),
    definitions: definitions.reachable(roots, all),
    securityDefinitions: {
      BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer Token authentication' },
    },
    security: [{ BearerToken: [] }],
  }
}

function definitionsOf(operations: readonly Operation[]): string[] {
  const names = operations.flatMap(({ answer, body }) => [answer, ...(body === undefined ? [] : [body])])
  return [...new Set(names)].filter((name) => name !== 'string')
}

/** A kind that only a controller lists is known all the same: `kubectl explain` asks for it. */
function definitionsOfKind(kind: Kind): string[] {
  const lists = kind.verbs === undefined || kind.verbs.includes('list')
  return lists ? [rootDefinitionOf(kind), listDefinitionOf(kind)] : [rootDefinitionOf(kind)]
}

function operationsAt(key: string, kinds: readonly Kind[]): Operation[] {
  return [discoveryOperation(key), ...kinds.flatMap(operationsOf)]
}

/** The document of discovery that stands at the root of what a document is about. */
function discoveryOperation(key: string): Operation {
  const [, group = '', version] = key.startsWith('api/') ? ['', '', key.slice('api/'.length)] : key.split('/')
  const at = { group, ...(version === undefined ? {} : { version }) }
  const named = (id: string, answer: string, tag: string) => ({ id, answer, tag })
  const { id, answer, tag } =
    key === 'version'
      ? named('getCodeVersion', VERSION_INFO, 'version')
      : key === 'apis'
        ? named('getAPIVersions', `${META}.APIGroupList`, 'apis')
        : key === 'api'
          ? named('getCoreAPIVersions', `${META}.APIVersions`, 'core')
          : version === undefined
            ? named(operationId(at, 'getAPIGroup'), `${META}.APIGroup`, tagOf(at))
            : named(operationId(at, 'getAPIResources'), `${META}.APIResourceList`, tagOf(at))
  const types = key === 'version' ? ['application/json'] : DOCUMENT_TYPES
  return {
    method: 'get',
    path: `/${key}/`,
    id,
    answer,
    tag,
    parameters: [],
    consumes: types,
    produces: types,
    codes: [200],
  }
}
