import { parse } from 'yaml'
import { badRequest, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { decodeProtobuf } from '../../api/protobuf/protobuf.ts'
import type { PatchType, RequestOptions } from '../../api/request.ts'
import type { Scheme } from '../../api/scheme.ts'

export interface DecodeOptions {
  readonly kind: Kind
  readonly subresource: string | undefined
  /** The media type, without parameters. */
  readonly type: string
  readonly options: RequestOptions
  readonly scheme: Scheme
  warn(text: string): void
}

/** The object in a body. Unknown and duplicate fields are refused, warned of or dropped as `fieldValidation` says. */
export function decodeObject(bytes: Buffer, { kind, subresource, type }: DecodeOptions): unknown {
  return decodeValue(bytes, type, bodyKind(kind, subresource))
}

/** The kind that a body is of where it does not say so itself. */
function bodyKind(kind: Kind, subresource: string | undefined): BodyKind {
  const view = kind.subresources?.find(({ name }) => name === subresource)
  return {
    group: view?.group ?? kind.group,
    version: view?.version ?? kind.version,
    kind: view?.kind ?? kind.kind,
  }
}

interface BodyKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

const DELETE_OPTIONS: BodyKind = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' }

export function decodePatch(bytes: Buffer, type: PatchType): unknown {
  return type === 'application/apply-patch+yaml' ? parseYaml(bytes.toString('utf8')) : parseJson(bytes.toString('utf8'))
}

export function decodeDeleteOptions(bytes: Buffer, type: string): RequestOptions {
  if (bytes.length === 0) return {}
  const {
    kind: _kind,
    apiVersion: _version,
    dryRun,
    orphanDependents,
    ...options
  } = decodeValue(bytes, type, DELETE_OPTIONS) as Record<string, unknown>
  return {
    ...options,
    ...(Array.isArray(dryRun) && dryRun.includes('All') ? { dryRun: true } : {}),
    ...(orphanDependents === true ? { propagationPolicy: 'Orphan' as const } : {}),
  }
}

function decodeValue(bytes: Buffer, type: string, expected: BodyKind): unknown {
  switch (type) {
    case 'application/json':
    case '':
      return parseJson(bytes.toString('utf8'))
    case 'application/yaml':
      return parseYaml(bytes.toString('utf8'))
    case 'application/vnd.kubernetes.protobuf':
      return decodeProtobuf(bytes, expected)
    default:
      throw new StatusError(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`)
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { version: '1.1' })
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${(error as Error).message}`)
  }
}
