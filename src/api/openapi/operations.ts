import { VERBS, type Kind, type Subresource, type Verb } from '../kind.ts'
import { META } from '../schema/builtin-groups.ts'
import { builtinDefinition } from '../schema/builtin-table.ts'
import { PATCH } from '../schema/special.ts'
import { listDefinitionOf, rootDefinitionOf } from './definition-names.ts'
import {
  CONNECT_PARAMETERS,
  DELETE_COLLECTION_PARAMETERS,
  DELETE_PARAMETERS,
  inPath,
  LIST_PARAMETERS,
  LOG_PARAMETERS,
  PATCH_PARAMETERS,
  PRETTY,
  WRITE_PARAMETERS,
  type Parameter,
} from './parameters.ts'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export type Method = 'delete' | 'get' | 'patch' | 'post' | 'put'

/** One method at one path, before it is written in the one or the other version of OpenAPI. */
export interface Operation {
  readonly method: Method
  readonly path: string
  readonly id: string
  readonly tag: string
  /** `x-kubernetes-action`; the documents of discovery have none. */
  readonly action?: string
  readonly about?: GroupVersionKind
  readonly parameters: readonly Parameter[]
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  /** A definition. */
  readonly body?: string
  readonly bodyRequired?: boolean
  readonly codes: readonly (200 | 201 | 202)[]
  /** A definition, or `string`. */
  readonly answer: string
}

const DELETE_OPTIONS = `${META}.DeleteOptions`
const STATUS = `${META}.Status`
const ANY = ['*/*']
const WATCHES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const STRATEGIC = 'application/strategic-merge-patch+json'

/** Kinds whose deletion answers with the object (kubernetes/kubernetes: api/openapi-spec/swagger.json). */
const DELETION_RETURNS_OBJECT = new Set([
  'CSIDriver',
  'CSINode',
  'DeviceClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceQuota',
  'ResourceSlice',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
])

/** All that can be done with a kind. */
export function operationsOf(kind: Kind): Operation[] {
  const verbs = kind.verbs ?? VERBS
  const has = (verb: Verb) => verbs.includes(verb)
  const scope = kind.namespaced ? 'Namespaced' : ''
  const root = collectionPath(kind)
  const one = `${root}/{name}`
  const about = { group: kind.group, version: kind.version, kind: kind.kind }
  const object = rootDefinitionOf(kind)
  const list = listDefinitionOf(kind)
  const writes = { parameters: WRITE_PARAMETERS, body: object, bodyRequired: true, answer: object }
  const add = (operation: Partial<Operation> & Pick<Operation, 'action' | 'answer' | 'id' | 'method' | 'path'>) =>
    complete(kind, { about, ...operation })
  const lists = { method: 'get', action: 'list', answer: list, parameters: LIST_PARAMETERS } as const
  const produces = [...producedBy(kind), ...(kind.custom === true ? [] : WATCHES)]
  const deletes = { action: 'delete', body: DELETE_OPTIONS } as const
  const deleted = DELETION_RETURNS_OBJECT.has(kind.kind) && kind.custom !== true ? object : STATUS
  return [
    has('list') && add({ ...lists, path: root, id: `list${scope}${kind.kind}`, produces }),
    has('list') &&
      kind.namespaced &&
      add({ ...lists, path: collectionPath(kind, true), id: `list${kind.kind}ForAllNamespaces`, produces }),
    has('create') &&
      add({
        ...writes,
        method: 'post',
        path: root,
        id: `create${scope}${kind.kind}`,
        action: 'post',
        codes: [200, 201, 202],
      }),
    has('deletecollection') &&
      add({
        ...deletes,
        method: 'delete',
        path: root,
        id: `deleteCollection${scope}${kind.kind}`,
        action: 'deletecollection',
        answer: STATUS,
        parameters: DELETE_COLLECTION_PARAMETERS,
      }),
    has('get') && add({ method: 'get', path: one, id: `read${scope}${kind.kind}`, action: 'get', answer: object }),
    has('update') &&
      add({ ...writes, method: 'put', path: one, id: `replace${scope}${kind.kind}`, action: 'put', codes: [200, 201] }),
    has('patch') && add({ ...patchOf(kind), path: one, id: `patch${scope}${kind.kind}`, answer: object }),
    has('delete') &&
      add({
        ...deletes,
        method: 'delete',
        path: one,
        id: `delete${scope}${kind.kind}`,
        answer: deleted,
        parameters: DELETE_PARAMETERS,
        codes: [200, 202],
      }),
    ...(kind.subresources ?? []).flatMap((subresource) => subresourceOperations(kind, subresource)),
  ].filter((operation) => operation !== false)
}

function subresourceOperations(kind: Kind, subresource: Subresource): Operation[] {
  const { name, verbs } = subresource
  const path = `${collectionPath(kind)}/{name}/${name}`
  const { group, version } = { group: subresource.group ?? kind.group, version: subresource.version ?? kind.version }
  const about = { group, version, kind: subresource.kind ?? kind.kind }
  const suffix = `${kind.namespaced ? 'Namespaced' : ''}${kind.kind}${capital(name)}`
  const connect = CONNECT_PARAMETERS[name]
  if (connect !== undefined) return connectOperations(kind, { about, path, parameters: connect, suffix, subresource })
  const own = subresource.kind === undefined || subresource.kind === kind.kind
  const object = own ? rootDefinitionOf(kind) : (builtinDefinition(about) ?? rootDefinitionOf(kind))
  const writes = { parameters: WRITE_PARAMETERS, body: object, bodyRequired: true, answer: object }
  const log = { answer: 'string', parameters: LOG_PARAMETERS, produces: ['text/plain', ...producedBy(kind)] }
  return verbs.map((verb): Operation => {
    if (verb === 'create') {
      return complete(kind, {
        ...writes,
        about,
        method: 'post',
        path,
        id: `create${suffix}`,
        action: 'post',
        codes: [200, 201, 202],
      })
    }
    if (verb === 'update') {
      return complete(kind, {
        ...writes,
        about,
        method: 'put',
        path,
        id: `replace${suffix}`,
        action: 'put',
        codes: [200, 201],
      })
    }
    if (verb === 'patch') return complete(kind, { ...patchOf(kind), about, path, id: `patch${suffix}`, answer: object })
    const reads = { about, method: 'get', path, id: `read${suffix}`, action: 'get', answer: object } as const
    return complete(kind, name === 'log' ? { ...reads, ...log } : reads)
  })
}

/** `exec` and its like: a connection, not a document. */
function connectOperations(
  kind: Kind,
  at: {
    about: GroupVersionKind
    path: string
    parameters: readonly Parameter[]
    suffix: string
    subresource: Subresource
  },
): Operation[] {
  const methods = { create: 'post', get: 'get', patch: 'patch', update: 'put' } as const
  return at.subresource.verbs.map((verb) => ({
    method: methods[verb],
    path: at.path,
    id: operationId(kind, `connect${capital(methods[verb])}${at.suffix}`),
    tag: tagOf(kind),
    action: 'connect',
    about: at.about,
    parameters: [...at.parameters, ...pathParameters(at.path)],
    consumes: ANY,
    produces: ANY,
    codes: [200],
    answer: 'string',
  }))
}

function patchOf(kind: Kind) {
  return {
    method: 'patch',
    action: 'patch',
    parameters: PATCH_PARAMETERS,
    consumes: kind.custom === true ? PATCHES : [...PATCHES, STRATEGIC],
    body: PATCH,
    bodyRequired: true,
    codes: [200, 201],
  } as const satisfies Partial<Operation>
}

/** Fills in what most operations share. */
function complete(
  kind: Kind,
  operation: Partial<Operation> & Pick<Operation, 'answer' | 'id' | 'method' | 'path'>,
): Operation {
  return {
    consumes: ANY,
    produces: producedBy(kind),
    codes: [200],
    ...operation,
    id: operationId(kind, operation.id),
    tag: tagOf(kind),
    parameters: [...(operation.parameters ?? []), ...pathParameters(operation.path), PRETTY],
  }
}

function producedBy(kind: Kind): readonly string[] {
  const texts = ['application/json', 'application/yaml']
  return kind.custom === true ? texts : [...texts, 'application/vnd.kubernetes.protobuf']
}

function collectionPath(kind: Kind, allNamespaces = false): string {
  const namespace = kind.namespaced && !allNamespaces ? 'namespaces/{namespace}/' : ''
  return `${groupVersionPath(kind)}${namespace}${kind.plural}`
}

/** `/apis/apps/v1/` */
export function groupVersionPath({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => inPath(name))
}

/** `listNamespacedDeployment` → `listAppsV1NamespacedDeployment`: unique over all groups. */
export function operationId({ group, version }: { group: string; version?: string }, id: string): string {
  const [verb = ''] = /^(connect|create|deleteCollection|delete|get|list|patch|read|replace)/.exec(id) ?? []
  const scope = capital(wordOf(group)) + capital(wordOf(version ?? '', true))
  if (verb === 'deleteCollection') return `delete${scope}Collection${id.slice(verb.length)}`
  return verb + scope + id.slice(verb.length)
}

/** `apps_v1` */
export function tagOf({ group, version }: { group: string; version?: string }): string {
  return version === undefined ? wordOf(group) : `${wordOf(group)}_${version}`
}

/** `networking.istio.io` → `networkingIstioIo`; what `.k8s.io` adds is left out. */
function wordOf(name: string, isVersion = false): string {
  const plain = name === '' && !isVersion ? 'core' : name.replace(/\.k8s\.io$/, '')
  return plain.replace(/[^A-Za-z0-9_]+(.)/g, (_all, letter: string) => letter.toUpperCase())
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
