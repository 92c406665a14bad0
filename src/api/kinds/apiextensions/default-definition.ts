import { changed } from '../../../base/copy-on-write.ts'
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../types.generated.ts'
import { unchecked } from '../validation/unchecked.ts'

const HTTPS_PORT = 443
const NO_CONVERSION: CustomResourceConversion = { strategy: 'None' }
export const NO_STATUS: CustomResourceDefinitionStatus = {
  acceptedNames: { kind: '', plural: '' },
  conditions: [],
  storedVersions: [],
}

/** k8s.io/apiextensions-apiserver pkg/apis/apiextensions/v1/defaults.go */
export function defaultDefinition(definition: CustomResourceDefinition): CustomResourceDefinition {
  const { spec, status } = unchecked(definition)
  if (spec === undefined) return definition
  const { names, conversion } = unchecked(spec)
  return changed(definition, {
    spec: changed(spec, {
      ...(names === undefined ? {} : { names: defaultNames(names) }),
      conversion: conversion === undefined ? NO_CONVERSION : defaultConversion(conversion),
    }),
    status: withStorageVersion(definition, status, { onlyIfNone: true }),
  })
}

function defaultNames(names: CustomResourceDefinitionNames): CustomResourceDefinitionNames {
  const { kind = '', singular = '', listKind = '' } = unchecked(names)
  return changed(names, {
    singular: singular === '' ? kind.toLowerCase() : singular,
    listKind: listKind === '' && kind !== '' ? `${kind}List` : listKind,
  })
}

function defaultConversion(conversion: CustomResourceConversion): CustomResourceConversion {
  const { webhook } = conversion
  const service = webhook?.clientConfig?.service
  if (webhook === undefined || service === undefined || service.port !== undefined) return conversion
  const clientConfig = { ...webhook.clientConfig, service: { ...service, port: HTTPS_PORT } }
  return { ...conversion, webhook: { ...webhook, clientConfig } }
}

/** The status with the version that objects are stored in from now on; what they were stored in before stays there. */
export function withStorageVersion(
  { spec }: CustomResourceDefinition,
  status: CustomResourceDefinitionStatus | undefined,
  { onlyIfNone = false }: { readonly onlyIfNone?: boolean } = {},
): CustomResourceDefinitionStatus | undefined {
  const storage = unchecked(spec).versions?.find((version) => version.storage === true)?.name
  const stored = status?.storedVersions ?? []
  if (storage === undefined || stored.includes(storage) || (onlyIfNone && stored.length > 0)) return status
  return { ...NO_STATUS, ...status, storedVersions: [...stored, storage] }
}
