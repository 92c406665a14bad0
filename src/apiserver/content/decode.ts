import { badRequest, StatusError } from '../../api/errors.ts'
import type { Kind } from '../../api/kind.ts'
import { decodeProtobuf } from '../../api/protobuf/protobuf.ts'
import type { PatchType, RequestOptions } from '../../api/request.ts'
import { findDuplicates } from '../../api/schema/duplicates.ts'
import { parseYaml, YamlError } from '../../api/yaml.ts'
import { jsonSyntaxError } from './json-syntax-error.ts'

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
  if (type === 'application/apply-patch+yaml') return readYaml(text, (why) => `error decoding YAML: ${why}`)
  // k8s.io/apiserver pkg/endpoints/handlers/patch.go: of a strategic merge patch nothing but the reason is told.
  const isStrategic = type === 'application/strategic-merge-patch+json'
  return readJson(text, (why) => (isStrategic ? why : `error decoding patch: ${why}`))
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
      return readJson(bytes.toString('utf8'), (why) =>
        unrecognized(bytes, expected, `couldn't get version/kind; json parse error: ${why}`),
      )
    case 'application/yaml':
      return readYaml(bytes.toString('utf8'), (why) => unrecognized(bytes, expected, why))
    case 'application/vnd.kubernetes.protobuf':
      return { value: decodeProtobuf(bytes, expected), duplicates: NO_DUPLICATES }
    default: {
      const message = `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`
      throw new StatusError(415, 'UnsupportedMediaType', message)
    }
  }
}

/** k8s.io/apiserver pkg/endpoints/handlers/rest.go: transformDecodeError. */
function unrecognized(bytes: Buffer, { kind }: Pick<Kind, 'kind'>, why: string): string {
  return `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(bytes)})`
}

const SUMMARY_MAX_BYTES = 30

function summary(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, SUMMARY_MAX_BYTES)
  const shown = bytes.toString('utf8', 0, 1) === '{' ? start.toString('utf8') : start.toString('hex')
  return bytes.length > SUMMARY_MAX_BYTES ? `${shown} ...` : shown
}

type Wording = (why: string) => string

function readJson(text: string, wording: Wording): DecodedBody {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(wording(jsonSyntaxError(text)))
  }
  return { value, duplicates: findDuplicates(text) }
}

function readYaml(text: string, wording: Wording): DecodedBody {
  try {
    return parseYaml(text)
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw badRequest(wording(error.message))
  }
}
