import { internalError, StatusError } from '../../errors.ts'
import type { Kind, SelectableField, Subresource } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { applyDefaults } from '../../schema/defaults.ts'
import { pruneUnknown } from '../../schema/prune.ts'
import type { Schema } from '../../schema/schema.ts'
import { without } from '../../../base/copy-on-write.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
} from '../../types.generated.ts'
import { validateQualifiedName } from '../../names/labels.ts'
import { isTrue } from './definition-status.ts'
import { compileJsonPath } from './json-path.ts'
import { printerColumns, textOf } from './printer-columns.ts'
import { structureOf } from './schema-search.ts'
import {
  type CustomResourceRules,
  validateCustomResource,
  validateCustomResourceStatus,
} from './validate-custom-resource.ts'

/** A custom resource may have a status, like anything else that its schema says. */
type CustomResource = ApiObject & { readonly status?: unknown }

/** For versions without a schema, which stored definitions of old may have: they keep all that they are given. */
const ANYTHING: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/**
 * The kinds that a definition makes: one for each version that is served. Cheap, as everything that is derived from the
 * schemas is made when it is first needed, and kept as long as they are.
 */
export function kindsOf(definition: CustomResourceDefinition): readonly Kind[] {
  const { versions } = definition.spec
  const storage = versions.find((version) => version.storage)
  if (storage === undefined) return []
  const stored = storedKind(definition, storage)
  const kinds = versions.map((version) => (version === storage ? stored : convertedKind(definition, version, stored)))
  const served = kinds.filter((_kind, index) => versions[index]?.served === true)
  return isTrue(definition, 'Terminating') ? served.map(closed) : served
}

/** A kind whose definition is on its way out: what there is may still change and go, but nothing comes any more. */
function closed(kind: Kind): Kind {
  return {
    ...kind,
    prepareForCreate: () => {
      const message = 'create not allowed while custom resource definition is terminating'
      const about = { group: kind.group, kind: kind.plural }
      throw new StatusError(405, 'MethodNotAllowed', message, about)
    },
  }
}

/**
 * The kind of the version that is stored. Once the definition has changed, what was stored before has the shape that
 * the schema gave it then, and is read as the schema says now.
 */
function storedKind(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion): Kind {
  const kind = customKind(definition, version)
  if ((definition.metadata.generation ?? 1) === 1) return kind
  const rereading: Kind = {
    ...kind,
    storedAs: {
      get kind() {
        return rereading
      },
      encode: (object) => object,
      decode: reader(kind, `${kind.group}/${kind.version}`),
    },
  }
  return rereading
}

/** The kind of one version, without regard to how it is stored. */
function customKind(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion): Kind {
  const { group, scope, names: requested } = definition.spec
  const names = namesOf(definition)
  const { kind, plural, singular, listKind, shortNames, categories } = names
  const schema = version.schema?.openAPIV3Schema
  const structure = schema === undefined ? ANYTHING : structureOf(schema)
  const { status, scale } = version.subresources ?? {}
  const rules: CustomResourceRules = {
    apiVersion: `${group}/${version.name}`,
    kind,
    namespaced: scope === 'Namespaced',
    schema: structure,
    scale,
  }
  return {
    group,
    version: version.name,
    kind,
    plural,
    singular: singular ?? requested.kind.toLowerCase(),
    namespaced: rules.namespaced,
    listKind: listKind ?? `${kind}List`,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    subresources: subresourcesOf(version),
    schema: () => structure,
    custom: true,
    default: (object) => applyDefaults(object, structure) as ApiObject,
    validate: (object, old) => validateCustomResource(object, rules, old),
    ...(status === undefined
      ? {}
      : {
          statusKeeps: 'metadata' as const,
          validateStatus: (object: ApiObject, old: ApiObject) => validateCustomResourceStatus(object, rules, old),
          prepareForCreate: (object: CustomResource) => without(object, 'status'),
          prepareForUpdate: keepStatus,
        }),
    warnings: (object, old) => warningsOf(version, rules, { object, old }),
    columns: printerColumns(version.additionalPrinterColumns),
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => selectableField(jsonPath)),
  }
}

/** Once names are accepted they are served, whatever others have been asked for since. */
function namesOf({ spec, status }: CustomResourceDefinition): CustomResourceDefinitionNames {
  const accepted = status?.acceptedNames
  return accepted === undefined || accepted.plural === '' || accepted.kind === '' ? spec.names : accepted
}

function subresourcesOf({ subresources }: CustomResourceDefinitionVersion): readonly Subresource[] {
  const verbs = ['get', 'patch', 'update'] as const
  const { status, scale } = subresources ?? {}
  return [
    ...(status === undefined ? [] : [{ name: 'status', verbs }]),
    ...(scale === undefined
      ? []
      : [
          {
            name: 'scale',
            verbs,
            group: 'autoscaling',
            version: 'v1',
            kind: 'Scale',
            scale: {
              spec: scale.specReplicasPath,
              status: scale.statusReplicasPath,
              ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath }),
            },
          },
        ]),
  ]
}

/** Only the endpoint of the status changes it. */
function keepStatus(object: CustomResource, old: CustomResource): CustomResource {
  if (object.status === old.status) return object
  return old.status === undefined ? without(object, 'status') : { ...object, status: old.status }
}

function selectableField(jsonPath: string): SelectableField {
  const path = compileJsonPath(jsonPath)
  return {
    path: jsonPath.replace(/^\./, ''),
    value: (object) => {
      const [found] = path.find(object)
      return found === undefined || found === null ? '' : textOf(found)
    },
  }
}

/** A version that is not the stored one: the same objects under another apiVersion. */
function convertedKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  stored: Kind,
): Kind {
  const kind = customKind(definition, version)
  const { strategy } = definition.spec.conversion ?? { strategy: 'None' }
  const from = `${stored.group}/${stored.version}`
  const to = `${kind.group}/${kind.version}`
  if (strategy !== 'None') {
    const refuse = (): never => {
      throw internalError(`conversion between ${from} and ${to}, Kind=${kind.kind} needs a webhook, and none is called`)
    }
    return { ...kind, storedAs: { kind: stored, encode: refuse, decode: refuse } }
  }
  return { ...kind, storedAs: { kind: stored, encode: renamer(from), decode: reader(kind, to) } }
}

function renamer(apiVersion: string): (object: ApiObject) => ApiObject {
  return (object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion })
}

/** Reads a stored object in another version, of the shape that this version gives it; once for each stored object. */
function reader(kind: Kind, apiVersion: string): (stored: ApiObject) => ApiObject {
  const rename = renamer(apiVersion)
  const known = new WeakMap<ApiObject, ApiObject>()
  return (stored) => {
    let object = known.get(stored)
    if (object === undefined) {
      const { value } = pruneUnknown(rename(stored), kind.schema(), { isRoot: true })
      object = applyDefaults(value, kind.schema()) as ApiObject
      known.set(stored, object)
    }
    return object
  }
}

const STANDARD_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes']

function* warningsOf(
  { deprecated = false, deprecationWarning }: CustomResourceDefinitionVersion,
  { apiVersion, kind }: CustomResourceRules,
  { object, old }: { readonly object: ApiObject; readonly old: ApiObject | undefined },
): Generator<string> {
  if (deprecated) yield deprecationWarning ?? `${apiVersion} ${kind} is deprecated`
  const before = old?.metadata.finalizers ?? []
  const added = (object.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer))
  for (const finalizer of [...new Set(added)].toSorted()) yield* finalizerWarnings(finalizer)
}

function* finalizerWarnings(finalizer: string): Generator<string> {
  const prefix = `metadata.finalizers: ${JSON.stringify(finalizer)}`
  for (const problem of validateQualifiedName(finalizer)) yield `${prefix}: ${problem}`
  if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return
  const path = finalizer.includes('.') ? ' including a path (/)' : ''
  const why = 'to avoid accidental conflicts with other finalizer writers'
  yield `${prefix}: prefer a domain-qualified finalizer name${path} ${why}`
}
