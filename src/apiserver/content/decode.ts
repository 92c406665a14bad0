import { badRequest, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { decodeProtobuf } from '../../api/protobuf/protobuf.ts'
import type { PatchType, RequestOptions } from '../../api/request.ts'
import { findDuplicates } from '../../api/schema/duplicates.ts'
import { parseYaml, YamlError } from '../../api/yaml.ts'

/** A body as a value, and the keys that its text had twice. */
export interface DecodedBody {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const NO_DUPLICATES: readonly string[] = []

/** Reads a body by its media type; what its kind makes of it is decided later. */
export function decodeObject(
  bytes: Buffer,
  options: { kind: Kind; subresource: string | undefined; type: string },
): DecodedBody {
  const { kind, subresource, type } = options
  const view = kind.subresources?.find(({ name }) => name === subresource)
  return decodeBody(
    bytes,
    type,
    view?.kind === undefined
      ? kind
      : { group: view.group ?? '', version: view.version ?? kind.version, kind: view.kind },
  )
}

export function decodePatch(bytes: Buffer, type: PatchType): DecodedBody {
  const text = bytes.toString('utf8')
  return type === 'application/apply-patch+yaml'
    ? readYaml(text, 'error decoding YAML: ')
    : readJson(text, 'error decoding patch: ')
}

export function decodeDeleteOptions(bytes: Buffer, type: string): RequestOptions {
  if (bytes.length === 0) return {}
  const { value } = decodeBody(bytes, type, { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' })
  const {
    kind: _kind,
    apiVersion: _version,
    dryRun,
    orphanDependents,
    ...options
  } = (value ?? {}) as Record<string, unknown>
  return {
    ...options,
    ...(Array.isArray(dryRun) && dryRun.includes('All') ? { dryRun: true } : {}),
    ...(orphanDependents === true ? { propagationPolicy: 'Orphan' as const } : {}),
  }
}

function decodeBody(bytes: Buffer, type: string, expected: Pick<Kind, 'group' | 'version' | 'kind'>): DecodedBody {
  switch (type) {
    case 'application/json':
    case '':
      return readJson(bytes.toString('utf8'), "couldn't get version/kind; json parse error: ")
    case 'application/yaml':
      return readYaml(bytes.toString('utf8'), 'error converting YAML to JSON: ')
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(bytes, expected), duplicates: NO_DUPLICATES }
    default: {
      const message = `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`
      throw new StatusError(415, 'UnsupportedMediaType', message)
    }
  }
}

function readJson(text: string, prefix: string): DecodedBody {
  try {
    const value: unknown = JSON.parse(text)
    return { value, duplicates: findDuplicates(text) }
  } catch (error) {
    throw badRequest(`${prefix}${(error as Error).message}`)
  }
}

function readYaml(text: string, prefix: string): DecodedBody {
  try {
    return parseYaml(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw badRequest(`${prefix}${error.message}`)
  }
}
