import { VERBS, type Kind, type Subresource, type Verb } from '../kind.ts'
import { META } from '../schema/builtin-groups.ts'
import { builtinDefinition } from '../schema/builtin-table.ts'
import { PATCH } from '../schema/special.ts'
import { listDefinitionOf, rootDefinitionOf } from './definition-names.ts'
import { groupVersionPath, operationId, tagOf } from './operation-names.ts'
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

type Code = 200 | 201 | 202

/** One method at one path, before it is written in the one or the other version of OpenAPI. */
export interface Operation {
  readonly method: 'delete' | 'get' | 'patch' | 'post' | 'put'
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
  readonly codes: readonly Code[]
  /** A definition, or `string`. */
  readonly answer: string
}

/** What differs from what most operations share. */
type Draft = Partial<Operation> & Pick<Operation, 'action' | 'answer' | 'id' | 'method' | 'path'>

/** Where an operation stands and what it is about: an object, or a part of one. */
interface Place {
  readonly kind: Kind
  readonly path: string
  readonly about: GroupVersionKind
  /** The definition of its bodies. */
  readonly object: string
  /** What its id ends in: `NamespacedDeploymentScale`. */
  readonly suffix: string
}

const ANY = ['*/*']
const WATCHES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const STRATEGIC = 'application/strategic-merge-patch+json'
const STATUS = `${META}.Status`
const DELETE_OPTIONS = `${META}.DeleteOptions`

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
  const root = collectionPath(kind)
  const collection: Place = {
    kind,
    path: root,
    about: { group: kind.group, version: kind.version, kind: kind.kind },
    object: rootDefinitionOf(kind),
    suffix: `${kind.namespaced ? 'Namespaced' : ''}${kind.kind}`,
  }
  const single: Place = { ...collection, path: `${root}/{name}` }
  return [
    ...verbs.flatMap((verb) => verbOperations(verb, { collection, single })),
    ...(kind.subresources ?? []).flatMap((subresource) => subresourceOperations(single, subresource)),
  ]
}

function verbOperations(verb: Verb, { collection, single }: { collection: Place; single: Place }): Operation[] {
  switch (verb) {
    case 'list':
      return lists(collection)
    case 'create':
      return [creates(collection)]
    case 'deletecollection':
      return [deletesCollection(collection)]
    case 'get':
      return [reads(single)]
    case 'update':
      return [replaces(single)]
    case 'patch':
      return [patches(single)]
    case 'delete':
      return [deletes(single)]
    case 'watch':
      // A watch is a list with a parameter.
      return []
  }
}

function subresourceOperations(parent: Place, subresource: Subresource): Operation[] {
  const { kind } = parent
  const { name, verbs, group = kind.group, version = kind.version } = subresource
  const about = { group, version, kind: subresource.kind ?? kind.kind }
  const object = about.kind === kind.kind ? parent.object : (builtinDefinition(about) ?? parent.object)
  const place: Place = { kind, about, object, path: `${parent.path}/${name}`, suffix: parent.suffix + capital(name) }
  const parameters = CONNECT_PARAMETERS[name]
  if (parameters !== undefined) return verbs.map((verb) => connects(place, verb, parameters))
  return verbs.map((verb) => {
    if (verb === 'create') return creates(place)
    if (verb === 'update') return replaces(place)
    if (verb === 'patch') return patches(place)
    return name === 'log' ? readsLog(place) : reads(place)
  })
}

function lists(place: Place): Operation[] {
  const { kind } = place
  const draft = {
    method: 'get',
    action: 'list',
    answer: listDefinitionOf(kind),
    parameters: LIST_PARAMETERS,
    produces: [...producedBy(kind), ...(kind.custom === true ? [] : WATCHES)],
  } as const
  const own = complete(place, { ...draft, path: place.path, id: `list${place.suffix}` })
  if (!kind.namespaced) return [own]
  const path = collectionPath(kind, true)
  return [own, complete(place, { ...draft, path, id: `list${kind.kind}ForAllNamespaces` })]
}

function reads(place: Place): Operation {
  return complete(place, {
    method: 'get',
    action: 'get',
    path: place.path,
    id: `read${place.suffix}`,
    answer: place.object,
  })
}

function readsLog(place: Place): Operation {
  const { kind, path, suffix } = place
  const produces = ['text/plain', ...producedBy(kind)]
  const draft = { method: 'get', action: 'get', answer: 'string', parameters: LOG_PARAMETERS, produces } as const
  return complete(place, { ...draft, path, id: `read${suffix}` })
}

function creates(place: Place): Operation {
  const draft = { method: 'post', action: 'post', codes: [200, 201, 202] } as const
  return complete(place, { ...draft, ...writeOf(place), id: `create${place.suffix}` })
}

function replaces(place: Place): Operation {
  const draft = { method: 'put', action: 'put', codes: [200, 201] } as const
  return complete(place, { ...draft, ...writeOf(place), id: `replace${place.suffix}` })
}

function patches(place: Place): Operation {
  return complete(place, {
    ...writeOf(place),
    method: 'patch',
    action: 'patch',
    id: `patch${place.suffix}`,
    parameters: PATCH_PARAMETERS,
    consumes: place.kind.custom === true ? PATCHES : [...PATCHES, STRATEGIC],
    body: PATCH,
    codes: [200, 201],
  })
}

function writeOf({ path, object }: Place) {
  return { path, parameters: WRITE_PARAMETERS, body: object, bodyRequired: true, answer: object }
}

function deletes(place: Place): Operation {
  const { kind, object, path, suffix } = place
  const answer = DELETION_RETURNS_OBJECT.has(kind.kind) && kind.custom !== true ? object : STATUS
  const draft = { method: 'delete', action: 'delete', body: DELETE_OPTIONS, parameters: DELETE_PARAMETERS } as const
  return complete(place, { ...draft, path, id: `delete${suffix}`, answer, codes: [200, 202] })
}

function deletesCollection(place: Place): Operation {
  return complete(place, {
    method: 'delete',
    action: 'deletecollection',
    path: place.path,
    id: `deleteCollection${place.suffix}`,
    body: DELETE_OPTIONS,
    parameters: DELETE_COLLECTION_PARAMETERS,
    answer: STATUS,
  })
}

/** `exec` and its like: a connection, not a document. */
function connects(place: Place, verb: Subresource['verbs'][number], parameters: readonly Parameter[]): Operation {
  const method = ({ create: 'post', get: 'get', patch: 'patch', update: 'put' } as const)[verb]
  const { about, kind, path, suffix } = place
  return {
    method,
    path,
    id: operationId(kind, `connect${capital(method)}${suffix}`),
    tag: tagOf(kind),
    action: 'connect',
    about,
    parameters: [...parameters, ...pathParameters(path)],
    consumes: ANY,
    produces: ANY,
    codes: [200],
    answer: 'string',
  }
}

function complete({ about, kind }: Place, draft: Draft): Operation {
  return {
    consumes: ANY,
    produces: producedBy(kind),
    codes: [200],
    about,
    ...draft,
    id: operationId(kind, draft.id),
    tag: tagOf(kind),
    parameters: [...(draft.parameters ?? []), ...pathParameters(draft.path), PRETTY],
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

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => inPath(name))
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
