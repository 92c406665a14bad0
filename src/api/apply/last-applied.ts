import { ANNOTATIONS_SIZE_BYTES_MAX } from '../names/labels.ts'
import type { ApiObject } from '../object.ts'
import { compareTyped } from './compare.ts'
import { difference, type FieldSet } from './field-set.ts'
import type { Shape } from './shape.ts'
import { toFieldSet } from './to-field-set.ts'
import { asMap, type JsonObject } from './typed-value.ts'
import { validateTyped } from './validate.ts'

/** Where `kubectl apply` without `--server-side` keeps the configuration that it applied. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'

/** The manager whose applies understand that annotation. */
export const KUBECTL = 'kubectl'

/**
 * The fields that client-side apply set and nobody changed since. kubectl may take them over without a conflict. Nothing
 * where there is no such configuration, or none that can be understood.
 */
export function fieldsOfLastApplied(live: ApiObject, shape: Shape): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED_ANNOTATION] ?? ''
  const config = text === '' ? undefined : parseConfig(text)
  if (config === undefined || config['apiVersion'] !== live.apiVersion) return undefined
  if (!isValid(config, shape)) return undefined
  const { removed, modified, added } = compareTyped(config, live, shape)
  return difference(difference(difference(toFieldSet(config, shape), modified), added), removed)
}

/** Keeps the annotation in step where there is one, so that client-side apply may be used again. */
export function withLastApplied(object: ApiObject, config: JsonObject): ApiObject {
  const annotations = object.metadata.annotations
  if ((annotations?.[LAST_APPLIED_ANNOTATION] ?? '') === '') return object
  const updated: Record<string, string> = {
    ...annotations,
    [LAST_APPLIED_ANNOTATION]: `${printSorted(withoutAnnotation(config))}\n`,
  }
  if (sizeOf(updated) > ANNOTATIONS_SIZE_BYTES_MAX) delete updated[LAST_APPLIED_ANNOTATION]
  return { ...object, metadata: { ...object.metadata, annotations: updated } }
}

function parseConfig(text: string): JsonObject | undefined {
  try {
    return asMap(JSON.parse(text))
  } catch (failure) {
    if (failure instanceof SyntaxError) return undefined
    throw failure
  }
}

function isValid(value: unknown, shape: Shape): boolean {
  try {
    validateTyped(value, shape)
    return true
  } catch {
    return false
  }
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const metadata = asMap(config['metadata'])
  const annotations = asMap(metadata?.['annotations'])
  if (annotations?.[LAST_APPLIED_ANNOTATION] === undefined) return config
  const { [LAST_APPLIED_ANNOTATION]: _, ...rest } = annotations
  return { ...config, metadata: { ...metadata, annotations: rest } }
}

/** As Go writes JSON: keys sorted, and nothing that HTML would take for markup. */
function printSorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    const object = asMap(inner)
    return object === undefined
      ? inner
      : Object.fromEntries(Object.entries(object).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  }).replaceAll(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function sizeOf(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce(
    (size, [name, value]) => size + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  )
}
