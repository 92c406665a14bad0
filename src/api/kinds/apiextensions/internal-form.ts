import { sameJson } from '../../schema/json.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
  ApiextensionsWebhookClientConfig,
} from '../../types.generated.ts'
import type { ObjectMeta } from '../../object.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

/**
 * A definition as upstream validates it: what all versions have in common stands beside them, where v1beta1 had it. The
 * paths in messages are those of this form, `spec.validation.openAPIV3Schema` for `spec.versions[0].schema.openAPIV3Schema`.
 */
export interface InternalDefinition {
  readonly metadata: ObjectMeta
  readonly spec: InternalSpec
  readonly status?: InternalStatus | undefined
}

/** What versions may have in common. */
export interface VersionedParts {
  readonly subresources?: CustomResourceSubresources | undefined
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[] | undefined
  readonly selectableFields?: readonly SelectableField[] | undefined
}

export type InternalVersion = Unchecked<CustomResourceDefinitionVersion>

export interface InternalSpec extends VersionedParts {
  readonly group?: string
  readonly names?: Unchecked<CustomResourceDefinitionNames>
  readonly scope?: string
  /** The name of the first version. */
  readonly version?: string
  readonly versions?: readonly InternalVersion[]
  readonly validation?: CustomResourceValidation | undefined
  readonly preserveUnknownFields?: boolean
  readonly conversion?: InternalConversion | undefined
}

export interface InternalConversion {
  readonly strategy?: string
  readonly webhookClientConfig?: Unchecked<ApiextensionsWebhookClientConfig> | undefined
  readonly conversionReviewVersions?: readonly string[] | undefined
}

export interface InternalStatus {
  readonly acceptedNames?: Unchecked<CustomResourceDefinitionNames>
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly storedVersions?: readonly string[]
}

/** k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1/conversion.go */
export function internalForm({ metadata, spec, status }: CustomResourceDefinition): InternalDefinition {
  // Decoding knows types, not which fields a definition needs.
  const { conversion, versions = [], preserveUnknownFields = false, ...rest } = unchecked(spec ?? {})
  const { webhook } = conversion ?? {}
  return {
    metadata,
    status,
    spec: {
      ...rest,
      ...partsInCommon(versions),
      preserveUnknownFields,
      ...(conversion === undefined
        ? {}
        : {
            conversion: {
              strategy: conversion.strategy,
              webhookClientConfig: webhook?.clientConfig,
              conversionReviewVersions: webhook?.conversionReviewVersions,
            },
          }),
    },
  }
}

/** Takes out of the versions what is the same in each of them. */
function partsInCommon(versions: readonly InternalVersion[]): Partial<InternalSpec> {
  const [first] = versions
  if (first === undefined) return { versions }
  const isCommon = (part: keyof InternalVersion): boolean =>
    versions.every((version) => version === first || sameJson(version[part], first[part]))
  const common = (['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const).filter(isCommon)
  const own = versions.map((version) =>
    Object.fromEntries(Object.entries(version).filter(([part]) => !(common as readonly string[]).includes(part))),
  )
  const { schema, ...parts } = Object.fromEntries(common.map((part) => [part, first[part]])) as InternalVersion
  return {
    ...(first.name === undefined ? {} : { version: first.name }),
    ...(parts satisfies VersionedParts),
    ...(schema === undefined ? {} : { validation: schema }),
    versions: own,
  }
}

/** The schema of a version; a version that does not exist would have the schema in common. */
export function schemaOfVersion(
  { validation, versions = [] }: InternalSpec,
  name: string,
): CustomResourceValidation | undefined {
  const isPerVersion = versions.some(({ schema }) => schema !== undefined)
  return isPerVersion ? versions.find((version) => version.name === name)?.schema : validation
}

export function hasCondition({ status }: InternalDefinition, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === 'True'
}
